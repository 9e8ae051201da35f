"""The parts of the clinic: levels, clocks, assumptions, other pictures, both kinds of weights, an order of networks."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler
from PIL import Image

from ddpm_playground.core import eps_from_x_0, make_schedule, rescale_zero_terminal_snr
from ddpm_playground.core.phrase import Phrase
from ddpm_playground.lab.finding import SEVERITIES
from ddpm_playground.learn.checkpoints.checkpoint import Checkpoint, load_checkpoint
from ddpm_playground.learn.clinic import judging_errors
from ddpm_playground.learn.clinic.assumption import Assumption, clock_of
from ddpm_playground.learn.clinic.comparing import fall
from ddpm_playground.learn.clinic.consultation import JUDGEMENTS, patient_of
from ddpm_playground.learn.clinic.curves import measure
from ddpm_playground.learn.clinic.diagnosis import AILMENTS, QUARTERS, TITLES
from ddpm_playground.learn.clinic.linear_denoiser import LinearDenoiser
from ddpm_playground.learn.clinic.own_chain import chain_norms
from ddpm_playground.learn.clinic.patient import Patient
from ddpm_playground.learn.clinic.ranking import check_alike, rank
from ddpm_playground.learn.clinic.raw_weights import both_weights
from ddpm_playground.learn.clinic.searching import MISTAKES
from ddpm_playground.learn.clinic.seen_pictures import (
    SETS,
    Given,
    SeenPictures,
    classes_for,
    digits,
    fitted,
    seen_pictures,
)
from ddpm_playground.learn.clinic.snr_levels import even_levels, span, steep_levels
from ddpm_playground.learn.data.pictures import bundled_digits, load_pictures
from ddpm_playground.learn.training.training_state import save_state
from ddpm_playground.ui.words.language import LANGUAGES
from ddpm_playground.ui.words.refusal import translations
from tests.learn.checkpoints.family_zoo import EDM, saved_family
from tests.learn.checkpoints.strangers import network
from tests.learn.clinic.small_networks import SmallNetwork, checkpoint_of, tinted
from tests.tiny import tiny_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load_checkpoint(tiny_checkpoint(tmp_path_factory.mktemp("clinic") / "tiny", num_classes=3))


@pytest.mark.parametrize("T", [2, 20, 1000])
@pytest.mark.parametrize("name", ["linear", "cosine", "constant"])
def test_levels_are_even_in_log_snr(name: str, T: int) -> None:
    schedule = make_schedule(name, T)
    levels = even_levels(schedule, 12)
    low, high = span(schedule)
    assert 1 <= len(levels) <= 12 and int(levels.t[0]) >= 1 and int(levels.t[-1]) <= T
    assert bool((levels.log_snr >= low).all()) and bool((levels.log_snr <= high).all())
    assert levels.quarter.tolist() == sorted(levels.quarter.tolist())
    if T == 1000 and name == "linear":
        assert len(levels) == 12 and {*levels.quarter.tolist()} == {0, 1, 2, 3}
        assert float((levels.log_snr[2:].diff() + (high - low) / 12).abs().max()) < 0.2
        assert steep_levels(schedule, 4).t.tolist() == [2, 3, 4, 5]


def test_a_schedule_without_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 2 t"):
        even_levels(make_schedule("constant", 50, beta=0.0), 12)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_schedule_s_clock_says_its_own_t(name: str) -> None:
    for schedule in (make_schedule(name, 100), rescale_zero_terminal_snr(make_schedule(name, 100))):
        t = torch.arange(1, 100)
        torch.testing.assert_close(clock_of(schedule)(schedule.log_snr[t]), t.double(), rtol=0, atol=1e-6)


def test_the_problem_is_as_hard_in_another_range() -> None:
    """Half the contrast at four times the signal-to-noise ratio: x_t tells as much of x_0."""
    log_snr = torch.tensor([0.3], dtype=torch.float64)
    assert float(Assumption(scale=0.5, offset=0.5).level(log_snr)) == pytest.approx(0.3 + math.log(4.0))
    assert float(Assumption(scale=-1.0).level(log_snr)) == pytest.approx(0.3)


def test_a_share_of_errors_falls_by_what_it_falls() -> None:
    before = torch.full((8, 3), 2.0, dtype=torch.float64) + torch.arange(8.0).double()[:, None] * 1e-3
    found = fall(before, 0.5 * before)
    assert found.share == pytest.approx(0.5) and found.z > 100 and found.before == pytest.approx(2 * found.after)
    assert fall(before, 2 * before).z < -100
    assert fall(before, torch.full_like(before, torch.nan)).share == -math.inf


def test_the_linear_filter_is_the_best_one_for_pictures_of_its_spectrum() -> None:
    """For white pictures of variance v it takes x_t (1−ᾱ)/(ᾱ v + 1 − ᾱ) for the noise's share."""
    generator = torch.Generator().manual_seed(0)
    x_0 = 0.5 * torch.randn(4000, 1, 8, 8, generator=generator, dtype=torch.float64)
    eps = torch.randn(x_0.shape, generator=generator, dtype=torch.float64)
    away = eps - LinearDenoiser.of(x_0).eps_hat(x_0, torch.tensor(0.0, dtype=torch.float64), eps)
    assert float(away.square().mean()) == pytest.approx(0.25 / 1.25, rel=0.02)  # v ᾱ / (v ᾱ + 1 − ᾱ)


class Knowing(SmallNetwork):
    """Says the noise of pictures of one colour exactly, and is told as it was trained."""

    def forward(self, x, t, class_labels=None):
        from types import SimpleNamespace

        schedule = make_schedule("cosine", 100)
        level = (t.round().long() + 1).clamp(1, 99)
        return SimpleNamespace(sample=eps_from_x_0(schedule, x, level, torch.full_like(x, 0.25)))


def test_what_is_measured_of_a_network_that_knows() -> None:
    seen = SeenPictures(torch.full((4, 3, 8, 8), 0.25), torch.arange(4), torch.arange(4), "one colour")
    for level in measure(Patient(checkpoint_of(Knowing()), seen)):
        if level.t < 99:
            assert level.eps_mse.value < 1e-9 and level.x_0_mse.value < 1e-6
            assert abs(level.brightness.value) < 1e-3 and level.bound_bpd is not None


def test_a_network_that_says_its_variance_is_bounded_with_it(tmp_path: Path) -> None:
    network(out_channels=6).save_pretrained(tmp_path / "unet")
    DDPMScheduler(20, variance_type="learned_range").save_pretrained(tmp_path / "scheduler")
    own = load_checkpoint(tmp_path)
    fixed = replace(own, scheduler_config={**own.scheduler_config, "variance_type": "fixed_large"})
    x_0, notes = fitted(tinted(0, 3).x_0[..., :6], own.image_shape, "cut")
    seen = SeenPictures(x_0, torch.full((3,), -1), torch.arange(3), "cut")
    with_it, without = (measure(Patient(one, seen)) for one in (own, fixed))
    assert with_it[0].t == 1 and "resized" in notes[0]  # L_0, whose pictures have 256 levels
    assert [level.eps_mse for level in with_it] == [level.eps_mse for level in without]
    bounds = [(a.bound_bpd, b.bound_bpd) for a, b in zip(with_it, without, strict=True)]
    assert all(a is not None and b is not None and a.value != b.value and math.isfinite(a.value) for a, b in bounds)
    assert all(row.chain.value > 0 for row in chain_norms(Patient(own, seen), 2, 3))


def test_noises_depend_on_picture_and_level_alone() -> None:
    patient = Patient(checkpoint_of(SmallNetwork()), tinted(600, 612))
    log_snr = patient.curve.log_snr
    whole = patient.errors(Assumption(), torch.arange(12), log_snr)
    again = Patient(checkpoint_of(SmallNetwork()), tinted(606, 612)).errors(Assumption(), torch.arange(6), log_snr[3:5])
    torch.testing.assert_close(again, whole[6:, 3:5], rtol=1e-5, atol=1e-8)


def test_the_mixed_channels_keep_their_own_noises() -> None:
    patient = Patient(checkpoint_of(SmallNetwork()), tinted(600, 604))
    at, log_snr = torch.arange(4), patient.curve.log_snr
    swapped = patient.asked(Assumption(channels=(2, 1, 0)), at, log_snr, 0).eps
    assert torch.equal(swapped[:, [2, 1, 0]], patient.asked(Assumption(), at, log_snr, 0).eps)
    doubled = patient.asked(Assumption(channels=(0, 0, 2)), at, log_snr, 0).eps
    assert not torch.equal(doubled[:, 0], doubled[:, 1])


def test_pictures_of_another_size_and_colour_are_converted_and_told(tiny: Checkpoint, tmp_path: Path) -> None:
    for i in range(20 * 3):
        place = tmp_path / "c" / "012"[i % 3]
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 16), (4 * i, 0, 100)).save(place / f"{i}.png")
    seen = seen_pictures(tiny, tmp_path / "c", 64, 0)
    assert seen.x_0.shape == (3, 1, 8, 8) and seen.labels.tolist() != [-1] * 3
    assert any("16×12" in note for note in seen.notes) and any("greys" in note for note in seen.notes)
    patient = patient_of(tiny, tmp_path / "c")
    assert len(patient.seen) == 3 and patient.spare is None and patient.train is None


def test_classes_that_a_network_has_not(tiny: Checkpoint, idx_folder: Callable[..., Path]) -> None:
    folder = idx_folder(num_classes=2)
    seen = seen_pictures(tiny, folder, 12, 0)
    assert seen.labels.tolist() != [-1] * 12 and seen.labelled  # 0 and 1 are known by name
    fewer = replace(tiny, class_names=("a", "b", "c"))
    told = seen_pictures(fewer, folder, 12, 0)
    assert not told.labelled and "it is told no class" in told.notes[0]
    with pytest.raises(ValueError, match="has 2 classes .0, 1., the network has 3"):
        seen_pictures(replace(fewer, has_null_class=False), folder, 12, 0)
    named = seen_pictures(replace(fewer, class_names=("a", "b")), folder, 12, 0)
    assert "taken in order" in named.notes[0] and set(named.labels.tolist()) == {0, 1}


def test_pictures_without_classes(tiny: Checkpoint, tmp_path: Path) -> None:
    for i in range(7):
        Image.new("L", (8, 8), 30 * i).save(tmp_path / f"{i}.png")
    pictures = replace(load_pictures(tmp_path, "train"), class_names=())
    seen = seen_pictures(tiny, Given(pictures, "greys"), 6, 0)
    assert seen.labels.tolist() == [-1] * 6 and seen.told == "6 of the 6 of greys"
    with pytest.raises(ValueError, match="greys has no classes, and the network needs one"):
        seen_pictures(replace(tiny, has_null_class=False), Given(pictures, "greys"), 6, 0)


def test_one_class_of_the_digits(tiny: Checkpoint) -> None:
    ten = replace(tiny, class_names=tuple("0123456789"))
    seen = seen_pictures(ten, digits(1), 12, 0)
    assert seen.labels.tolist() == [1] * 12 and seen.told == "12 of the 100 of the bundled digits 1"


def test_raw_weights_beside_averaged_ones(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "run")
    checkpoint = load_checkpoint(folder)
    assert both_weights(checkpoint) is None
    state = checkpoint.unet.state_dict()
    moved = {f"net.{name}": value + 1.0 for name, value in state.items()}
    (tmp_path / "run.training").mkdir()
    path = tmp_path / "run.training" / "state.safetensors"
    save_state(path, {**moved, **{f"ema.{name}": value for name, value in state.items()}}, {})
    both = both_weights(checkpoint)
    assert both is not None and "run.training" in both.told
    name = next(iter(state))
    torch.testing.assert_close(both.raw.unet.state_dict()[name], state[name] + 1.0)
    save_state(path, {**moved, **{f"ema.{name}": value + 2.0 for name, value in state.items()}}, {})
    assert both_weights(checkpoint) is None  # of another moment
    (folder / "unet").rename(folder / "unet_ema")
    tiny_checkpoint(tmp_path / "other")
    (tmp_path / "other" / "unet").rename(folder / "unet")
    both = both_weights(load_checkpoint(folder))
    assert both is not None and both.told == "unet_ema/ and unet/"


def test_networks_are_ranked_by_their_errors() -> None:
    right, wrong = checkpoint_of(Knowing()), checkpoint_of(SmallNetwork())
    seen = SeenPictures(torch.full((4, 3, 8, 8), 0.25), torch.arange(4), torch.arange(4), "one colour")
    found = rank(Patient(wrong, seen), [wrong, right])
    assert [one.place for one in found.standings] == [1, 0]
    assert found.standings[1].more > 0 and found.standings[1].z > 0 and found.standings[0].more == 0
    other = checkpoint_of(SmallNetwork(), class_names=("a",))
    with pytest.raises(ValueError, match="only networks of the same pictures"):
        check_alike([wrong, other])


def test_every_code_has_a_title_a_rule_and_a_line_in_the_document() -> None:
    rules = [*MISTAKES, "unnamed-t", *JUDGEMENTS]
    assert sorted(rules) == sorted(TITLES)
    told = (Path(__file__).parents[3] / "docs" / "clinic.md").read_text(encoding="utf-8")
    assert [code for code in TITLES if f"| `{code}` |" not in told] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_all_that_it_says_is_told_in_the_readers_language(language: str) -> None:
    table = translations(language)
    said = [*QUARTERS, *SETS.values(), *(told for one in AILMENTS.values() for told in (one.title, one.fix))]
    said += [getattr(judging_errors, name) for name in ("LESS", "MORE", "MIXED", "COARSE")]
    colours = Patient(checkpoint_of(SmallNetwork()), tinted(600, 606))
    assumptions = [one for kind in MISTAKES.values() for one in kind(colours, Assumption())]
    assert len(assumptions) > 40
    said += [one.told.template for one in assumptions if isinstance(one.told, Phrase)]
    assert all(isinstance(one.told, Phrase) for one in assumptions)
    assert [one for one in said if one not in table] == []
    names = [one.reference for one in AILMENTS.values() if "section" in one.reference or " here" in one.reference]
    assert [one for one in names if one not in table] == []


def test_every_ailment_is_as_bad_as_the_doctor_counts() -> None:
    assert {one.severity for one in AILMENTS.values()} == set(SEVERITIES)
    worst = {code for code, one in AILMENTS.items() if one.severity == "error"}
    assert worst == {*MISTAKES, "unnamed-t"} - {"t-off-by-one"}


def test_a_network_that_is_not_asked_at_ddpm_s_t_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    saved_family(tmp_path / "edm", EDM)
    with pytest.raises(ValueError, match="one of EDM, asked at"):
        patient_of(load_checkpoint(tmp_path / "edm"), None, progress=lambda count: pytest.fail("it was asked"))


def test_of_many_classes_the_first_are_named_as_such(tiny: Checkpoint) -> None:
    many = replace(tiny, class_names=tuple("01234567"), has_null_class=False)
    pictures = replace(bundled_digits(), class_names=("a", "b"))
    with pytest.raises(ValueError, match=r"2 classes \(a, b\), the network has 8 \(0, 1, 2, …\) and none"):
        classes_for(many, pictures, "pics")
