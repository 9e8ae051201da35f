"""A run of latents in the Reverse tab: through a named map, and decoded beside it."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_playground import run as run_module
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run, Start
from ddpm_playground.ui.reverse import decoding
from ddpm_playground.ui.reverse.runs import LiveRun
from ddpm_playground.ui.reverse.stream import messages
from ddpm_playground.ui.reverse.tab import _npz
from ddpm_playground.views.film import write_gif
from tests.learn.checkpoints.latent_zoo import LDM, OF_DIT, PLAIN, prompted, saved

RECIPE = DEFAULT.with_(checkpoint="a", sampler="own", num_steps=12, num_images=3)


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A run of a folder that is made so."""

    def made(**parts) -> LiveRun:
        saved(tmp_path / "a", **parts)
        own = Shelf([tmp_path])
        monkeypatch.setattr(run_module, "shelf", lambda: own)
        return LiveRun(Run(RECIPE))

    return made


def pictures(url: str) -> np.ndarray:
    kind, _, data = url.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


@pytest.mark.parametrize(("parts", "place", "channels"), [(LDM, "vqvae", 3), (OF_DIT, "vae", 4)])
def test_the_player_is_told_the_map_and_what_is_decoded(make, tmp_path, parts, place, channels):
    live = make(**parts)
    first, *rest = [json.loads(message) for message in messages(live)]
    colours = first["colours"]
    assert first["decoder"] == place and first["shape"][1] == channels == len(colours["weights"])
    assert colours["told"]["key"] == "player.latent_map_long"
    assert "noise" in colours["told"]["values"]["source"]
    assert first["clip"] is False
    sheets = [sheet for message in (first, *rest) for sheet in message.get("decoded", [])]
    assert len({k for k, _, _ in sheets}) == len(sheets) and sheets[-1][:2] == [12, 3]
    assert pictures(sheets[-1][2]).shape == (3 * 16, 16, 3)
    _npz(tmp_path / "x.npz", live)
    with np.load(tmp_path / "x.npz") as held:
        assert held["images"].shape == (3, 16, 16, 3) and held["x_t"].shape[2:] == (channels, 8, 8)
        assert (held["images"].reshape(-1, 16, 3) == pictures(sheets[-1][2])).all()
        assert json.loads(str(held["recipe"]))["images"] == "decoded"
    write_gif(tmp_path / "x.gif", live.film())
    with Image.open(tmp_path / "x.gif") as film:
        assert np.asarray(film.convert("RGB")).std() > 10


def test_a_slow_decoder_is_asked_for_fewer_pictures(make, monkeypatch):
    live = make(**LDM)
    now = [0.0]
    monkeypatch.setattr(decoding.time, "monotonic", lambda: now[0])
    own = live.decoding._autoencoder.network.decode
    monkeypatch.setattr(
        live.decoding._autoencoder.network, "decode", lambda z: (now.__setitem__(0, now[0] + 15.0), own(z))[1]
    )
    x = torch.zeros(3, 3, 8, 8)
    live.decoding._began_s = -1.0
    assert live.decoding.on_the_way(6, x)[0] == 1  # the first, whose time is not known
    assert live.decoding.on_the_way(12, x) is None
    assert live.decoding.at_end(x)[0] == 1 and len(live.pictures) == 1


def test_without_a_decoder_there_is_the_map_alone(make, tmp_path):
    live = make(index="", parts=lambda: {"unet": prompted(in_channels=8, out_channels=8, **PLAIN)})
    first, *_ = [json.loads(message) for message in messages(live)]
    assert first["decoder"] == "" and len(first["colours"]["weights"]) == 8 and "decoded" not in first
    _npz(tmp_path / "x.npz", live)
    with np.load(tmp_path / "x.npz") as held:
        assert held["images"].shape == (3, 8, 8, 3)
        assert json.loads(str(held["recipe"]))["images"] == "through a linear map"


def test_a_picture_is_no_latent_to_start_from(make):
    make(**LDM)
    with pytest.raises(Refusal, match="draws latents, not pictures"):
        Run(RECIPE, Start(5, torch.zeros(3, 8, 8)))
