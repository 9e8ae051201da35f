"""ONNX Runtime says what eager PyTorch says, and where it cannot run, eager does."""

import builtins
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler, UNet2DModel

from ddpm_playground.core import SAMPLERS, Sampling, SeededNoise, reverse, timestep_path
from ddpm_playground.engine import onnx_cpu
from ddpm_playground.engine.engines import ENGINES, network_on, pick_engine, running_on
from ddpm_playground.engine.network import AGREEMENT, EngineUnavailable, examples
from ddpm_playground.engine.onnx_cpu import OnnxNetwork, export, onnx_network
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint
from ddpm_playground.learn.checkpoints.shipped import SHIPPED
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.judging.samples import sample
from ddpm_playground.learn.networks.unet import make_network

from ..tiny import tiny_checkpoint

MNIST = SHIPPED / "mnist"
ARCHITECTURES = {
    "grey": dict(image_shape=(1, 8, 8), channels=(8, 8)),
    "colour": dict(image_shape=(3, 16, 16), channels=(8, 16, 16)),
    "attention": dict(image_shape=(1, 16, 16), channels=(8, 16), attention_levels=1, layers=2),
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DDPM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def batch(unet: UNet2DModel, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    generator = torch.Generator().manual_seed(size)
    side = unet.config["sample_size"]
    x = torch.randn(size, unet.config["in_channels"], side, side, generator=generator)
    t = torch.randint(0, 1000, (size,), generator=generator)
    classes = unet.config["num_class_embeds"]
    return x, t, None if classes is None else torch.randint(0, classes, (size,), generator=generator)


def eager_sample(unet: UNet2DModel, *inputs: torch.Tensor | None) -> torch.Tensor:
    x, t, label = inputs
    with torch.no_grad():
        return unet(x, t, class_labels=label).sample


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("size", [1, 2, 5, 70])
def test_every_batch_agrees_with_eager(name, size):
    unet = make_network(num_classes=3, seed=1, **ARCHITECTURES[name]).eval().to(memory_format=torch.channels_last)
    inputs = batch(unet, size)
    got = OnnxNetwork(unet, export(unet))(*inputs).sample
    torch.testing.assert_close(got, eager_sample(unet, *inputs), rtol=0, atol=AGREEMENT)


def test_a_network_without_classes():
    unet = UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, block_out_channels=(8, 8), norm_num_groups=4,
        down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2, attention_head_dim=8,
    ).eval()  # fmt: skip
    inputs = batch(unet, 4)
    assert inputs[2] is None
    torch.testing.assert_close(
        onnx_network(unet, "none").__call__(*inputs).sample, eager_sample(unet, *inputs), rtol=0, atol=AGREEMENT
    )


@pytest.mark.slow
def test_the_shipped_network_agrees_and_companions_change_no_bit():
    checkpoint = load_checkpoint(MNIST).on("onnx")
    assert checkpoint.engine == "onnx" and checkpoint.network is not None
    x, t, label = batch(checkpoint.unet, 16)
    whole = checkpoint.network(x, t, label).sample
    torch.testing.assert_close(whole, eager_sample(checkpoint.unet, x, t, label), rtol=0, atol=AGREEMENT)
    for size in (1, 2, 3, 8):
        parts = [
            checkpoint.network(x[i : i + size], t[i : i + size], label[i : i + size]).sample for i in range(0, 16, size)
        ]
        assert torch.equal(torch.cat(parts), whole), size


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_chains_stay_together_over_samplers(sampler, guidance):
    ends = []
    for engine in ("eager", "onnx"):
        checkpoint = load_checkpoint(MNIST).on(engine)
        noise = SeededNoise(0, range(2), checkpoint.image_shape)
        path = timestep_path(1000, 10, "trailing")
        chain = reverse(
            checkpoint.schedule, checkpoint.predictor(guidance), noise(), path, noise,
            Sampling(sampler, 0.5), label=torch.tensor([3, -1]),
        )  # fmt: skip
        *_, last = chain
        ends.append(last.x_s)
    torch.testing.assert_close(*ends, rtol=0, atol=1e-3)


def test_guidance_asks_once_for_both_branches():
    checkpoint = load_checkpoint(MNIST).on("onnx")
    predict, asked = checkpoint.predictor(2.0), []

    class Counted:
        config = predict.network.config

        def __call__(self, x, t, class_labels=None):
            asked.append(len(x))
            return predict.network(x, t, class_labels)

    replace(predict, network=Counted())(torch.zeros(3, 1, 28, 28), torch.full((3,), 500), torch.tensor([1, 2, 3]))
    assert asked == [6]


def test_samples_are_those_of_eager_within_a_grey_level(tmp_path):
    checkpoint = load_checkpoint(tiny_checkpoint(tmp_path / "tiny"))
    labels = torch.arange(5)
    one, other = (sample(checkpoint.on(engine), labels, Sampling(num_steps=5)) for engine in ("eager", "onnx"))
    assert abs(one.astype(int) - other.astype(int)).max() <= 1


def test_exported_once_and_anew_if_the_file_is_broken(own_cache, monkeypatch, tmp_path):
    unet = load_checkpoint(tiny_checkpoint(tmp_path / "tiny")).unet
    onnx_network(unet, "a")
    (kept,) = own_cache.glob("*.onnx")
    whole = kept.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(onnx_cpu, "export", lambda unet: pytest.fail("exported again"))
        onnx_network(unet, "a")
    kept.write_bytes(whole[:100])
    onnx_network(unet, "a")
    assert kept.read_bytes() == whole
    assert [path.name for path in own_cache.iterdir()] == [kept.name]


def test_weights_that_are_not_those_of_the_name_are_found_out(own_cache, tmp_path):
    unet = load_checkpoint(tiny_checkpoint(tmp_path / "tiny")).unet
    onnx_network(unet, "a")
    with torch.no_grad():
        unet.conv_in.weight.mul_(2.0)
    inputs = batch(unet, 2)
    torch.testing.assert_close(
        onnx_network(unet, "a")(*inputs).sample, eager_sample(unet, *inputs), rtol=0, atol=AGREEMENT
    )


def test_a_cache_that_cannot_be_written_is_done_without(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DDPM_CACHE", str(tmp_path / "file"))
    unet = load_checkpoint(tiny_checkpoint(tmp_path / "tiny")).unet
    assert network_on(unet, "a", "onnx")[0] == "onnx"


def test_without_the_package_one_line_says_so_and_eager_runs(monkeypatch, capsys, tmp_path):
    unet, original = load_checkpoint(tiny_checkpoint(tmp_path / "tiny")).unet, builtins.__import__

    def no_runtime(name, *args, **kwargs):
        if name == "onnxruntime":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_runtime)
    assert network_on(unet, "a") == ("eager", unet)
    (line,) = capsys.readouterr().err.splitlines()
    assert "ONNX Runtime cannot be used" in line and "not installed" in line


def test_other_numbers_are_refused(monkeypatch, tmp_path):
    unet = load_checkpoint(tiny_checkpoint(tmp_path / "tiny")).unet
    monkeypatch.setattr(onnx_cpu, "disagreement", lambda *_: 2 * onnx_cpu.ONNX_AGREEMENT)
    with pytest.raises(EngineUnavailable, match="differs from PyTorch's by"):
        onnx_network(unet, "a")


def test_the_engine_can_be_chosen(monkeypatch):
    assert pick_engine("cpu") == "onnx" and pick_engine("mps") == "eager"
    monkeypatch.setenv("DDPM_ENGINE", "eager")
    assert pick_engine("cpu") == "eager" and pick_engine("cpu", "onnx") == "onnx"
    with pytest.raises(ValueError, match=f"auto or one of {', '.join(ENGINES)}, got 'fast'"):
        pick_engine("cpu", "fast")


def test_the_shelf_serves_at_once_and_faster_soon(tmp_path, monkeypatch):
    tiny_checkpoint(tmp_path / "tiny")
    shelf, begun = Shelf([tmp_path]), []
    monkeypatch.setattr(
        "ddpm_playground.learn.checkpoints.store.threading.Thread", lambda **job: begun.append(job) or Held()
    )
    assert shelf.load("tiny").engine == "eager"
    (job,) = begun
    job["target"](*job["args"])
    assert shelf.load("tiny").engine == "onnx" and len(begun) == 1


class Held:
    """A thread that a test runs by hand."""

    def start(self) -> None:
        """Nothing yet."""


def network_of(**config) -> UNet2DModel:
    widths = dict(block_out_channels=(8, 8), norm_num_groups=4, attention_head_dim=8, layers_per_block=1)
    blocks = dict(down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2)
    with torch.random.fork_rng():
        torch.manual_seed(0)  # noqa: TID251
        return UNet2DModel(sample_size=8, in_channels=1, out_channels=1, **widths, **blocks, **config).eval()


def test_agreement_is_judged_by_the_size_of_what_the_network_says():
    unet, differences = network_of(), []
    for factor in (1.0, 1e4):
        with torch.no_grad():
            unet.conv_out.weight.mul_(factor)
            unet.conv_out.bias.mul_(factor)
        network = OnnxNetwork(unet, export(unet))
        inputs = batch(unet, 3)
        differences.append(float((network(*inputs).sample - eager_sample(unet, *inputs)).abs().max()))
        assert onnx_cpu.disagreement(unet, network) <= onnx_cpu.ONNX_AGREEMENT
    assert differences[1] > onnx_cpu.ONNX_AGREEMENT  # though it is the same network in another unit


@pytest.mark.slow
def test_a_fourier_embedding_runs_and_its_missing_last_step_is_told(tmp_path):
    network_of(time_embedding_type="fourier").save_pretrained(tmp_path / "fourier" / "unet")
    DDPMScheduler(20).save_pretrained(tmp_path / "fourier" / "scheduler")
    checkpoint = load_checkpoint(tmp_path / "fourier")
    assert any("at t = 1 the network says no finite numbers" in said for said in checkpoint.read_as)
    assert checkpoint.on("onnx").engine == "onnx"


def test_a_learned_embedding_of_few_timesteps_is_asked_within_its_table():
    unet = network_of(time_embedding_type="learned", num_train_timesteps=7)
    assert set(examples(unet.config, 64)[1].tolist()) == set(range(7))


@pytest.mark.slow
def test_two_networks_are_exported_at_once():
    """A page whose reader goes on to the next checkpoint does that; torch's exporter knows of one at a time."""
    networks = [network_of().eval() for _ in range(2)]
    with ThreadPoolExecutor(2) as workers:
        models = list(workers.map(export, networks))
    assert all(len(model) > 1000 for model in models)


def test_what_is_not_finite_is_told_and_eager_runs(capsys):
    unet = network_of()
    with torch.no_grad():
        unet.conv_out.bias.fill_(torch.nan)
    running = running_on(unet, "nan", "onnx")
    assert (running.engine, running.network) == ("eager", unet)
    assert "in PyTorch the network's answers at t =" in str(running.fallback)
    assert str(running.fallback) in capsys.readouterr().err


def test_of_too_many_exports_the_ones_used_longest_ago_go(own_cache, monkeypatch):
    unet = network_of()
    onnx_network(unet, "a")
    (first,) = own_cache.glob("*.onnx")
    size = first.stat().st_size
    fitting = -(-size * 2 // 2**20)  # whole MiB
    old, older = own_cache / "old.onnx", own_cache / "older.onnx"
    for at, path in ((2, old), (1, older)):
        path.write_bytes(bytes(fitting * 2**20 - size // 2))
        os.utime(path, (at, at))
    (own_cache / "another.txt").write_text("not ours")
    monkeypatch.setenv("DDPM_CACHE_MB", str(2 * fitting))
    os.utime(first, (0, 0))
    onnx_network(unet, "a")  # read, and so the newest
    onnx_network(unet, "b")
    left = {path.name for path in own_cache.iterdir()}
    assert first.name in left and "another.txt" in left and "older.onnx" not in left and len(left) >= 3
    monkeypatch.setenv("DDPM_CACHE_MB", "0")
    assert onnx_network(unet, "c") and {path.name for path in own_cache.iterdir()} == left
