"""Algorithm 1: what it draws, that it learns, and that a killed run goes on as if it had not been."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddpm_playground.cli import main
from ddpm_playground.core import ExactEps, make_schedule, q_sample
from ddpm_playground.engine.cuda_graph import plain_float32
from ddpm_playground.learn.checkpoints.checkpoint import CheckpointError, load_checkpoint
from ddpm_playground.learn.data.pictures import load_pictures
from ddpm_playground.learn.networks.unet import NetworkEps, make_network
from ddpm_playground.learn.training.algorithm_1 import algorithm_1_error, by_quarter, draw_t, loss_weight
from ddpm_playground.learn.training.loop import train
from ddpm_playground.learn.training.resuming import restore, state_of
from ddpm_playground.learn.training.settings import Settings, learning_rate_at
from ddpm_playground.learn.training.trainer import Trainer, TrainStep
from ddpm_playground.learn.training.training_state import load_state, save_state
from tests.waiting import never_waiting

ROOT = Path(__file__).parents[3]


def tiny(folder: Path, **changes) -> Settings:
    """Settings of a run of a second or two."""
    return Settings(
        **{"data": str(folder), "steps": 24, "batch_size": 8, "T": 20, "channels": (8, 8), "warm_up": 4,
           "precision": "fp32", **changes}
    )  # fmt: skip


def bytes_of(folder: Path) -> dict[str, bytes]:
    """The files of a checkpoint folder that must be equal in equal runs."""
    names = ("unet/diffusion_pytorch_model.safetensors", "unet/config.json", "scheduler/scheduler_config.json")
    return {name: (folder / name).read_bytes() for name in names}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_killed_and_resumed_run_is_bit_equal_to_an_unkilled_one(
    optimizer: str, idx_folder: Callable[..., Path], tmp_path: Path, one_thread: None
) -> None:
    settings, killed, whole = tiny(idx_folder(), optimizer=optimizer), tmp_path / "killed", tmp_path / "whole"
    command = [
        sys.executable, "-m", "ddpm_playground", "train", "--data", settings.data, "--out", str(killed), "--steps", "24",  # noqa: E501
        "--batch-size", "8", "--T", "20", "--channels", "8", "8", "--warm-up", "4", "--precision", "fp32",
        "--threads", "1", "--save-minutes", "0", "--device", "cpu", "--optimizer", optimizer,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    log = tmp_path / "killed.training" / "log.jsonl"
    while process.poll() is None and not (log.exists() and log.read_text().count("\n") >= 5):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    _, told = process.communicate()
    assert process.returncode == -signal.SIGKILL, told.decode()

    _, facts = load_state(tmp_path / "killed.training" / "state.safetensors")
    assert 5 <= facts["step"] < 24
    train(settings, killed, resume=True, device="cpu", threads=1)
    train(settings, whole, device="cpu", threads=1)

    assert bytes_of(killed) == bytes_of(whole)
    (left, left_facts), (right, right_facts) = (
        load_state(tmp_path / f"{name}.training" / "state.safetensors") for name in ("killed", "whole")
    )
    assert left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)
    assert {**left_facts, "seconds": 0} == {**right_facts, "seconds": 0} and left_facts["step"] == 24
    cards = [json.loads((folder / "training.json").read_text()) for folder in (killed, whole)]
    assert cards[0]["held_out_loss"] == cards[1]["held_out_loss"] and cards[0]["step"] == 24
    sheets = [tmp_path / f"{name}.training" / "step_0000024.png" for name in ("killed", "whole")]
    assert sheets[0].read_bytes() == sheets[1].read_bytes()
    assert not [p for p in killed.rglob("*") if p.suffix in (".bin", ".pt", ".pth", ".pkl", ".ckpt")]


@pytest.mark.slow
def test_a_run_can_start_from_the_weights_of_another(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = idx_folder()
    train(tiny(folder, steps=3), tmp_path / "first", device="cpu")
    first = load_checkpoint(tmp_path / "first")
    settings = tiny(folder, steps=2, seed=5, start_from=str(tmp_path / "first"))
    begun = Trainer(settings, load_pictures(folder))
    for name, value in first.unet.state_dict().items():
        assert torch.equal(begun.unet.state_dict()[name], value), name

    train(settings, tmp_path / "second", device="cpu")
    shutil.rmtree(tmp_path / "first")
    train(tiny(folder, steps=4, seed=5), tmp_path / "second", device="cpu", resume=True)
    facts = json.loads((tmp_path / "second" / "training.json").read_text())
    assert facts["step"] == 4
    assert facts["start_from"]["sha256"] == first.sha256 and facts["start_from"]["step"] == 3
    assert first.sha256 in (tmp_path / "second" / "README.md").read_text()

    # The card of a third tells of both before it, newest first.
    train(tiny(folder, steps=1, start_from=str(tmp_path / "second")), tmp_path / "third", device="cpu")
    card = (tmp_path / "third" / "README.md").read_text()
    (told,) = [line for line in card.splitlines() if line.startswith("| which came from |")]
    assert re.findall(r"seed (\d), (\d) ×", told) == [("5", "4"), ("0", "3")]


def test_weights_of_another_architecture_are_refused(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = idx_folder()
    train(tiny(folder, steps=1), tmp_path / "first", device="cpu")
    with pytest.raises(CheckpointError, match="of another architecture .* give --channels"):
        Trainer(tiny(folder, channels=(8, 16), start_from=str(tmp_path / "first")), load_pictures(folder))


def test_a_second_run_does_not_write_over_the_first(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    settings = tiny(idx_folder(), steps=1)
    (tmp_path / "out").mkdir()
    with pytest.raises(CheckpointError, match="add --resume to go on, or choose another --out"):
        train(settings, tmp_path / "out", device="cpu")
    with pytest.raises(CheckpointError, match="there is no training state .* to resume; start without --resume"):
        train(settings, tmp_path / "out", resume=True, device="cpu")


def test_a_run_killed_before_its_first_save_begins_anew(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    settings = tiny(idx_folder(), steps=3)
    train(settings, tmp_path / "new", resume=True, device="cpu")
    train(settings, tmp_path / "other", device="cpu")
    assert bytes_of(tmp_path / "new") == bytes_of(tmp_path / "other")
    card = (tmp_path / "new" / "README.md").read_text()
    assert load_checkpoint(tmp_path / "new").sha256 in card and "pictures: 48 pictures, 3 classes, sha256" in card


def test_a_state_of_other_pictures_or_a_broken_one_is_refused(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = idx_folder()
    train(tiny(folder, steps=2), tmp_path / "out", device="cpu")
    for other in (idx_folder(num_classes=2, name="two"), idx_folder(count=56, name="more")):
        with pytest.raises(CheckpointError, match="of other pictures .* give the same --data"):
            train(tiny(other, steps=4), tmp_path / "out", resume=True, device="cpu")
    state = tmp_path / "out.training" / "state.safetensors"
    tensors, facts = load_state(state)
    save_state(state, tensors, {})
    with pytest.raises(CheckpointError, match="the training state lacks ema_step, pictures"):
        train(tiny(folder, steps=4), tmp_path / "out", resume=True, device="cpu")
    save_state(state, {k: v[:1] if k == "net.conv_in.weight" else v for k, v in tensors.items()}, facts)
    with pytest.raises(CheckpointError, match="no net.conv_in.weight of shape"):
        train(tiny(folder, steps=4), tmp_path / "out", resume=True, device="cpu")


@pytest.mark.parametrize(
    ("options", "said"),
    [({"threads": -1}, "--threads must be a whole"), ({"threads": 10**6}, "--threads must be a whole"),
     ({"save_minutes": float("nan")}, "--save-minutes must be 0 or more"),
     ({"sheet_minutes": -5.0}, "--sheet-minutes")],
)  # fmt: skip
def test_options_out_of_range(idx_folder: Callable[..., Path], tmp_path: Path, options: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        train(tiny(idx_folder()), tmp_path / "out", device="cpu", **options)
    with pytest.raises(ValueError, match="--out must name a folder"):
        train(tiny(tmp_path / "pictures"), Path(""), device="cpu")


def trained(folder: Path, **changes) -> Trainer:
    settings = tiny(folder, **changes)
    trainer = Trainer(settings, load_pictures(folder))
    assert [step.step for step in trainer] == list(range(1, settings.steps + 1))
    return trainer


@pytest.mark.slow
def test_it_learns_and_the_exact_predictor_s_loss_is_a_lower_bound(idx_folder: Callable[..., Path]) -> None:
    """No function of x_t and t has a smaller expected error than E[ε | x_t], whatever the network has learnt."""
    folder = idx_folder()
    trainer = trained(folder, steps=120, batch_size=16, learning_rate=4e-3, label_dropout=1.0, ema_decay=0.9)
    pictures, schedule = trainer.pictures, trainer.schedule
    generator = torch.Generator().manual_seed(1)
    index = torch.arange(48).repeat(8)
    x_0, t = pictures.x_0(index), draw_t(schedule.T, len(index), generator)
    eps, null = torch.randn(x_0.shape, generator=generator), torch.full_like(index, trainer.num_classes)

    with trainer.averages.lent(), torch.no_grad():
        learnt = algorithm_1_error(trainer.unet, schedule, x_0, t, eps, null).mean()
    fresh = make_network((1, 8, 8), 3, seed=0, channels=(8, 8))
    with torch.no_grad():
        untrained = algorithm_1_error(fresh, schedule, x_0, t, eps, null).mean()
    exact = ExactEps(schedule, pictures.x_0(slice(None)))
    ideal = (eps - exact(q_sample(schedule, x_0, t, eps), t).eps_hat).square().mean()
    assert 0 <= ideal < learnt < 0.6 * untrained


def test_algorithm_1_s_error_is_line_5(idx_folder: Callable[..., Path]) -> None:
    """‖ε − ε_θ(√ᾱ_t x_0 + √(1−ᾱ_t) ε, t)‖², and the network's t counts from 0."""
    schedule, seen = make_schedule("linear", 20), []

    class Spy(torch.nn.Module):
        def forward(self, x_t, t, class_labels):  # noqa: ANN001, ANN202
            seen.append((x_t, t, class_labels))
            return type("Output", (), {"sample": torch.full_like(x_t, 0.25)})

    generator = torch.Generator().manual_seed(0)
    x_0, eps = (torch.randn(3, 1, 2, 2, generator=generator) for _ in range(2))
    t, label = torch.tensor([1, 7, 20]), torch.tensor([0, 2, 1])
    errors = algorithm_1_error(Spy(), schedule, x_0, t, eps, label)
    torch.testing.assert_close(errors, (eps - 0.25).square().mean((1, 2, 3)))
    (x_t, given_t, given_label), *_ = seen
    assert given_t.tolist() == [0, 6, 19] and torch.equal(given_label, label)
    bar = schedule.alpha_bars[t].reshape(3, 1, 1, 1).float()
    torch.testing.assert_close(x_t, bar.sqrt() * x_0 + (1 - bar).sqrt() * eps)


@pytest.mark.parametrize("gamma", [0.5, 5.0])
def test_errors_are_weighed_by_min_snr(gamma: float) -> None:
    schedule, t = make_schedule("linear"), torch.arange(1, 1001)
    weight, snr = loss_weight(schedule, t, gamma), schedule.snr[1:].float()
    few = snr <= gamma
    assert bool(few.any()) and not bool(few.all())
    assert bool((weight[few] == 1).all())
    torch.testing.assert_close(weight[~few] * snr[~few], torch.full_like(snr[~few], gamma))
    assert loss_weight(schedule, t, 0.0).unique().tolist() == [1.0]


def test_errors_at_large_t_count_as_those_of_x_hat_0_up_to_a_bound() -> None:
    schedule, t, eps_off = make_schedule("linear"), torch.arange(1, 1001), 0.1
    weight, alpha_bars = loss_weight(schedule, t, 0.0, 20.0), schedule.alpha_bars[1:].float()
    # An error of ε̂ moves x̂_0 by √(1−ᾱ_t)/√ᾱ_t of it.
    x_0_off = eps_off * ((1 - alpha_bars) / alpha_bars).sqrt()
    larger = torch.maximum(torch.tensor(eps_off), x_0_off).square()
    free = weight < 20.0
    torch.testing.assert_close(weight[free] * eps_off**2, larger[free])
    assert weight.max() == 20.0 and bool((larger[~free] >= 20.0 * eps_off**2 * (1 - 1e-6)).all())
    both = loss_weight(schedule, t, 5.0, 20.0)
    torch.testing.assert_close(both, loss_weight(schedule, t, 5.0) * weight)


def test_the_weight_reaches_the_gradient(idx_folder: Callable[..., Path]) -> None:
    folder = idx_folder()

    def step(**changes) -> tuple[torch.Tensor, torch.Tensor]:
        trainer = Trainer(tiny(folder, weight_decay=0.0, **changes), load_pictures(str(folder)))
        errors = trainer.advance().errors
        moments = [state["exp_avg"].flatten() for state in trainer.optimizers[0].state.values()]
        return errors, torch.cat(moments)

    (errors, plain), (same, all_one), (_, weighed) = step(), step(min_snr=1e6), step(min_snr=0.1)
    torch.testing.assert_close(errors, same, rtol=0, atol=0)  # what is logged is never weighed
    torch.testing.assert_close(plain, all_one)
    assert not torch.allclose(plain, weighed)
    (errors, plain), (same, weighed) = step(T=1000), step(T=1000, truncated_snr=5.0)
    torch.testing.assert_close(errors, same, rtol=0, atol=0)
    assert not torch.allclose(plain, weighed)


@pytest.mark.parametrize("how", ["uniform", "stratified"])
@pytest.mark.parametrize("T,size", [(7, 5), (20, 32), (1000, 64)])
def test_t_is_uniform_on_1_to_T(how: str, T: int, size: int) -> None:
    generator = torch.Generator().manual_seed(0)
    draws = torch.cat([draw_t(T, size, generator, how) for _ in range(40_000 // size)])
    assert draws.dtype == torch.int64 and int(draws.min()) == 1 and int(draws.max()) == T
    cells = torch.bincount((draws - 1) * 5 // T, minlength=5) / len(draws)
    widths = torch.bincount(torch.arange(T) * 5 // T, minlength=5) / T
    torch.testing.assert_close(cells, widths, atol=0.012, rtol=0)


@given(st.integers(1, 2000), st.integers(1, 64), st.integers(0, 2**31))
def test_stratified_draws_spread_over_every_share_of_T(T: int, size: int, seed: int) -> None:
    t = draw_t(T, size, torch.Generator().manual_seed(seed))
    assert bool(((t >= 1) & (t <= T)).all()) and bool((t.diff() >= 0).all())
    assert bool((((t - 1) * size / T - torch.arange(size)).abs() <= 1 + size / T).all())


def test_learning_rate_warms_up_stays_and_falls_to_0() -> None:
    settings = Settings(steps=1000, warm_up=100, decay=0.5, learning_rate=2e-3)
    rates = [learning_rate_at(settings, step) for step in range(1001)]
    assert rates[0] == pytest.approx(2e-5) and rates[49] == pytest.approx(1e-3)
    assert all(rate == pytest.approx(2e-3) for rate in rates[99:501])
    assert rates[750] == pytest.approx(1e-3) and rates[999] == pytest.approx(4e-6) and rates[1000] == 0
    assert max(rates) == pytest.approx(2e-3)
    flat = Settings(steps=10, warm_up=0, decay=0.0, learning_rate=1.0)
    assert [learning_rate_at(flat, step) for step in range(10)] == [1.0] * 10


def test_a_loss_that_is_not_finite_ends_the_run_at_its_step_and_is_not_saved(
    idx_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Trainer.advance

    def broken(self: Trainer) -> TrainStep:
        step = advance(self)
        return step._replace(errors=step.errors * (torch.nan if step.step >= 17 else 1.0))

    monkeypatch.setattr(Trainer, "advance", broken)
    with pytest.raises(ValueError, match="not finite at step 17; lower --learning-rate and resume"):
        train(tiny(idx_folder()), tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()


def test_batches_depend_on_the_seed_and_the_step_alone(idx_folder: Callable[..., Path]) -> None:
    folder = idx_folder()
    one, other = (Trainer(tiny(folder), load_pictures(folder)) for _ in range(2))
    one.batch(5)
    for step in (9, 0, 9):
        left, right = one.batch(step), other.batch(step)
        assert all(torch.equal(a, b) for a, b in zip(left[:5], right[:5], strict=True))
        assert torch.equal(left.at.signal, right.at.signal) and torch.equal(left.weight, right.weight)
    third = Trainer(tiny(folder, seed=1), load_pictures(folder))
    assert not torch.equal(one.batch(9).eps, third.batch(9).eps)


def test_batches_made_ahead_are_those_of_their_steps(idx_folder: Callable[..., Path]) -> None:
    """A card's batches come from another thread; also after a restored state they are the steps' own."""
    folder = idx_folder()
    plain, led = (Trainer(tiny(folder, truncated_snr=5.0), load_pictures(folder)) for _ in range(2))
    led.lead = 3
    for _ in range(7):
        assert all(torch.equal(*pair) for pair in zip(plain.advance()[1:], led.advance()[1:], strict=True))
    tensors, facts = state_of(plain)
    kept = {key: value.clone() for key, value in tensors.items()}
    errors = plain.advance().errors
    led.advance()
    restore(led, kept, facts)
    assert torch.equal(led.advance().errors, errors)


def test_an_epoch_shows_every_picture_once(idx_folder: Callable[..., Path]) -> None:
    trainer = Trainer(tiny(folder := idx_folder(), label_dropout=0.0), load_pictures(folder))
    seen = []
    for step in range(6):
        x_0, _, _, label, *_ = trainer.batch(step)
        assert bool((label < 3).all())
        seen += [tuple(picture.flatten().tolist()) for picture in x_0]
    assert len(set(seen)) == 48


def test_labels_are_dropped_as_often_as_asked(idx_folder: Callable[..., Path]) -> None:
    trainer = Trainer(tiny(folder := idx_folder(), label_dropout=0.25, batch_size=48), load_pictures(folder))
    dropped = 0
    for step in range(100):
        dropped += int((trainer.batch(step).label == 3).sum())
    assert dropped / 4800 == pytest.approx(0.25, abs=0.03)


def test_a_state_of_other_settings_is_refused(idx_folder: Callable[..., Path]) -> None:
    folder = idx_folder()
    state = state_of(Trainer(tiny(folder), load_pictures(folder)))
    restore(Trainer(tiny(folder, steps=99), load_pictures(folder)), *state)
    with pytest.raises(CheckpointError, match="other settings .learning_rate 0.001 → 0.5.; use the same"):
        restore(Trainer(tiny(folder, learning_rate=0.5), load_pictures(folder)), *state)


def test_the_averaged_weights_are_lent_and_given_back(idx_folder: Callable[..., Path]) -> None:
    trainer = trained(idx_folder(), steps=3)
    before = [p.clone() for p in trainer.parameters]
    with trainer.averages.lent():
        assert not trainer.unet.training
        for parameter, shadow in zip(trainer.parameters, trainer.averages.weights, strict=True):
            assert torch.equal(parameter, shadow)
    assert trainer.unet.training and all(torch.equal(a, b) for a, b in zip(before, trainer.parameters, strict=True))


def test_making_a_network_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    one, other, third = (make_network((1, 8, 8), 3, seed=seed, channels=(8, 8)) for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    same = [torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True)]
    assert all(same) and not all(torch.equal(a, b) for a, b in zip(one.parameters(), third.parameters(), strict=True))


@pytest.mark.parametrize("guidance", [0.0, 1.0, 3.0])
def test_guidance_is_ho_and_salimans(guidance: float) -> None:
    """ε̂ = ε_∅ + W (ε_c − ε_∅); a label of −1 is the null class, where W changes nothing."""
    unet, schedule = make_network((1, 8, 8), 3, seed=0, channels=(8, 8)).eval(), make_schedule("linear", 20)
    for parameter in unet.parameters():  # away from the start, where all classes give nearly the same
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(parameter.numel()))
    x_t = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    t, label = torch.tensor([1, 5, 12, 20]), torch.tensor([0, 1, 2, -1])
    with torch.no_grad():
        conditional = unet(x_t, t - 1, class_labels=torch.tensor([0, 1, 2, 3])).sample
        null = unet(x_t, t - 1, class_labels=torch.full((4,), 3)).sample
    predict = NetworkEps(schedule, unet, guidance=guidance)
    prediction = predict(x_t, t, label)
    torch.testing.assert_close(prediction.eps_hat, null + guidance * (conditional - null), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(predict(x_t, t, None).eps_hat, null, atol=1e-5, rtol=1e-5)
    blend = q_sample(schedule, prediction.x_hat_0, t, prediction.eps_hat)
    torch.testing.assert_close(blend, x_t, atol=1e-4, rtol=1e-4)
    assert not torch.equal(conditional[:3], null[:3])


def test_errors_by_quarter_of_t() -> None:
    assert by_quarter(torch.tensor([1, 5, 6, 11, 20]), torch.tensor([1.0, 3.0, 5.0, 7.0, 9.0]), 20) == [2, 5, 7, 9]


@pytest.mark.parametrize(
    "changes,fragment",
    [
        ({"steps": 0}, "steps must be a whole number in [1, 100000000], got 0; pick one in that range"),
        ({"batch_size": 10**12}, "batch_size must be a whole number in [1, 65536], got 1000000000000"),
        ({"learning_rate": float("nan")}, "learning_rate must be a number in [0, 10], got nan"),
        ({"decay": 1.5}, "decay must be a number in [0, 1], got 1.5"),
        ({"channels": ()}, "channels must be multiples of 8, got ()"),
        ({"channels": (8, 12)}, "channels must be multiples of 8, got (8, 12)"),
        ({"attention_levels": 3}, "attention_levels must be a whole number in [0, 2], got 3"),
        ({"t_sampling": "even"}, "t_sampling must be one of uniform, stratified, got 'even'"),
        ({"precision": "fp16"}, "precision must be one of auto, fp32, bf16, got 'fp16'"),
        ({"batch_size": 49}, "batch_size must be in [1, 48], the number of pictures, got 49"),
        ({"T": 0}, "T must be a whole number in [1, 100000], got 0"),
        ({"schedule": "nope"}, "unknown schedule 'nope'"),
        ({"channels": (8, 8, 8, 8, 8)}, "pictures must have sides divisible by 16, got 8×8; scale them with --size"),
    ],
)
def test_bad_settings_are_refused(idx_folder: Callable[..., Path], changes: dict, fragment: str) -> None:
    folder = idx_folder()
    with pytest.raises(ValueError) as error:
        Trainer(tiny(folder, **changes), load_pictures(folder))
    assert fragment in str(error.value)


def test_bad_input_to_the_command_is_one_line_and_exit_code_2(tmp_path: Path, capsys) -> None:
    assert main(["train", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and not (tmp_path / "out").exists()
    assert said.startswith("ddpm_playground: ") and "holds neither" in said


@pytest.mark.gpu
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_step_does_not_wait_for_the_card(idx_folder: Callable[..., Path], optimizer: str) -> None:
    folder = idx_folder()
    trainer = Trainer(tiny(folder, optimizer=optimizer, precision="auto"), load_pictures(folder), "cuda")
    for _ in range(3):  # the first steps make room
        trainer.advance()
    with never_waiting():
        errors = [trainer.advance().errors for _ in range(4)]
        with pytest.raises(RuntimeError, match="synchroniz"):
            errors[0].cpu()
    assert bool(torch.isfinite(torch.cat(errors)).all())


@pytest.mark.gpu
def test_training_and_reading_back_on_cuda(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    train(tiny(idx_folder(), steps=6, precision="auto"), tmp_path / "out", device="cuda")
    train(tiny(tmp_path / "pictures", steps=8, precision="auto"), tmp_path / "out", device="cuda", resume=True)
    x_t, t = torch.zeros(2, 1, 8, 8), torch.tensor([3, 20])
    with plain_float32():  # TF32 differs by 5e-3
        left, right = (
            load_checkpoint(tmp_path / "out", device).predictor()(x_t.to(device), t.to(device)).eps_hat.cpu()
            for device in ("cpu", "cuda")
        )
    torch.testing.assert_close(left, right, atol=1e-3, rtol=1e-3)
