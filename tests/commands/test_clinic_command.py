"""`clinic` from the command line: what it prints, its one JSON object, its exit codes, strangers' folders, refusals."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diffusers import DDPMScheduler, UNet2DModel
from PIL import Image

from ddpm_playground.cli import main
from ddpm_playground.learn.clinic import consultation
from tests.tiny import tiny_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread", "without_the_shipped_one")
KEYS = {
    "checkpoint", "sha256", "T", "prediction_type", "notes", "verdict", "findings", "remarks", "looked_for", "left_out",
    "levels", "shipped_on", "best_t", "chain",
}  # fmt: skip


@pytest.fixture
def without_the_shipped_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consultation, "shipped_curve", lambda patient, own: ((None,) * len(own), (), "not asked"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("clinic") / "tiny", num_classes=3)


def words(folder: Path, data: Path, *more: str) -> list[str]:
    return ["clinic", str(folder), *more, "--data", str(data), "--num-images", "6"]


@pytest.mark.slow
def test_one_checkpoint(folder: Path, idx_folder: Callable[..., Path], capsys) -> None:
    data = idx_folder()
    assert main([*words(folder, data), "--json"]) == 1  # it has learned nothing
    found = json.loads(capsys.readouterr().out)
    (one,) = found["examined"]
    assert found["ranking"] is None and one.keys() == KEYS and found["pictures"]["count"] == 6
    assert [finding["code"] for finding in one["findings"]] == ["not-converged"]
    assert set(one["left_out"]) == {"channels-swapped", "channels-doubled", "ema-not-warmed-up"}
    assert not set(one["left_out"]) & set(one["looked_for"])
    level = one["levels"][0]
    assert level["eps_mse"]["value"] > 0 and level["eps_mse"]["standard_error"] > 0 and level["quarter"] == 0
    assert [row["t"] for row in one["chain"]] == list(range(19, 0, -1))
    assert main(words(folder, data)) == 1
    said = capsys.readouterr().out
    assert "✗ Warning: not converged (not-converged)" in said
    assert "not looked for: channels-swapped: the pictures have" in said


@pytest.mark.slow
def test_in_chinese(folder: Path, idx_folder: Callable[..., Path], capsys) -> None:
    """Every line is told in it, but for codes, numbers and symbols; what is refused too."""
    data = idx_folder()
    assert main([*words(folder, data), "--language", "zh-TW"]) == 1
    lines = capsys.readouterr().out.splitlines()
    bare = [re.sub(r"ddpm|not asked|pictures 的", "", line) for line in lines]  # a sampler, the fixture, the folder
    english = [line for line in bare if re.search(r"(?<![-=/\w])[a-z]{4,}(?![-=/\w])", line)]
    assert english == [] and any("✗ 警告：還沒收斂（not-converged）" in line for line in lines)
    assert main([*words(folder, data), "--language", "zh-TW", "--json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)["examined"]
    finding = one["findings"][0]
    told = [one["verdict"], *one["left_out"].values(), finding["title"], finding["message"], finding["fix"]]
    assert all(re.search(r"[\u4e00-\u9fff]", sentence) for sentence in told)
    assert main(["clinic", str(folder), "--num-images", "3", "--language", "zh-TW"]) == 2
    assert "必須是 [6, 5000] 之內的整數" in capsys.readouterr().err


@pytest.mark.slow
def test_two_and_three(folder: Path, tmp_path: Path, idx_folder: Callable[..., Path], capsys) -> None:
    data, other = idx_folder(), tiny_checkpoint(tmp_path / "other", num_classes=3, T=50)
    assert main([*words(folder, data, str(other)), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert len(found["examined"]) == 2 and len(found["ranking"]["standings"]) == 2
    assert main([*words(folder, data, str(other), str(folder)), "--json"]) == 0  # nothing is looked for
    ranking = json.loads(capsys.readouterr().out)["ranking"]
    scores = [one["score"] for one in ranking["standings"]]
    assert scores == sorted(scores) and len(scores) == 3


def stranger(folder: Path, network: dict[str, Any], scheduler: dict[str, Any] | None) -> Path:
    unet = UNet2DModel(
        sample_size=8, in_channels=3, out_channels=3, block_out_channels=(8, 8), layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2, **network,
    )  # fmt: skip
    unet.save_pretrained(folder if scheduler is None else folder / "unet")
    if scheduler is not None:
        DDPMScheduler(**scheduler).save_pretrained(folder / "scheduler")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "scheduler"),
    [
        ({}, None),
        (
            {"num_class_embeds": 2},
            {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "num_train_timesteps": 30},
        ),
        (
            {"time_embedding_type": "learned", "num_train_timesteps": 25},
            {"prediction_type": "sample", "num_train_timesteps": 25, "beta_schedule": "squaredcos_cap_v2"},
        ),
    ],
)
def test_strangers(tmp_path: Path, capsys, network: dict[str, Any], scheduler: dict[str, Any] | None) -> None:
    for i in range(12):
        place = tmp_path / "data" / "test" / ("cat", "dog")[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (10, 9), (20 * i, 90, 255 - 20 * i)).save(place / f"{i}.jpg")
    made = stranger(tmp_path / "net", network, scheduler)
    assert main([*words(made, tmp_path / "data"), "--json"]) in (0, 1)
    (one,) = json.loads(capsys.readouterr().out)["examined"]
    assert any("9×10" in note for note in one["notes"])
    assert one["prediction_type"] == ("epsilon" if scheduler is None else scheduler["prediction_type"])
    assert ("labels-shifted" in one["looked_for"]) == ("num_class_embeds" in network)
    assert {"memorised"} <= set(one["left_out"])


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["no-such-folder"], "no checkpoint folder"),
        (["{folder}", "--num-images", "3"], "--num-images must be a whole number in [6, 5000], got 3"),
        (["{folder}", "--seed", "-1"], "--seed must be a whole number"),
        (["{folder}", "--data", "nowhere"], "nowhere is not a folder"),
        (["{folder}", "mnist"], "only networks of the same pictures"),
    ],
)
def test_refusals(folder: Path, capsys, argv: list[str], told: str) -> None:
    assert main(["clinic", *(word.format(folder=folder) for word in argv)]) == 2
    assert told in capsys.readouterr().err
