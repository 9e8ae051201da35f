"""The deed that noises a picture to any t in one step."""

import base64
import binascii
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.checks import one_of, whole_number
from ..core.phrase import Refusal
from ..recipe import DEFAULT, MAX_SEED, RANGES
from .answers import Answer, Config
from .given_schedule import read_config
from .linking import address_of

if TYPE_CHECKING:
    import torch

# A picture as a data: URL, or an upload, which becomes one.
Picture = str | dict[str, Any]
MOST_PICTURE = 10 * 2**20
FILES = ("noise.png", "noise.npz")


def noise(
    t: int,
    config: Config = "linear",
    digit: int = 7,
    picture: Picture | None = None,
    noise_seed: int = 0,
    size: int = 28,
    colour: str = "keep",
) -> Answer:
    """Noise a picture to t in one step, x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε (Ho et al. 2020, eq. 4).

    The same picture and ε as the Forward tab makes of these settings. Example: noise(500, "cosine", digit=3).

    Args:
        t: the timestep, in [0, T]
        config: a name as "cosine" or "linear T=100", the text of a config or of a list, the object itself, or an upload
        digit: which of the 1,000 bundled digits is x_0, 0 to 999
        picture: another picture as x_0: a data: URL of at most 10 MB, or an upload
        noise_seed: of ε
        size: side that the other picture is shrunk or grown to, in [8, 512]
        colour: keep the other picture's colours, or grey

    Returns:
        {"name", "T", "t", "sqrt_alpha_bar", "sqrt_one_minus_alpha_bar", "snr", "shape", "link"}; the link is null where
        the page's address cannot hold the picture or the schedule
        PNG of x_0, ε and x_t side by side
        npz of x_0, eps, x_t, each (C,H,W) float32
    """
    import numpy as np

    from ..core import SeededNoise, q_sample
    from ..views.strip import strip_png
    from .schedules import numbers_at

    subject = read_config(config)
    schedule = subject.schedule
    whole_number("t", t, 0, schedule.T)
    whole_number("noise_seed", noise_seed, 0, MAX_SEED)
    x_0 = _own(picture, size, colour) if picture is not None else _bundled(digit)
    eps = SeededNoise(noise_seed, [0], x_0.shape)()[0]
    x_t = q_sample(schedule, x_0[None], t, eps[None])[0] if t else x_0.clone()
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, x_0=x_0.numpy(), eps=eps.numpy(), x_t=x_t.numpy())
    shown = {
        name: numbers_at(schedule, t)[name] if t else start
        for name, start in (("sqrt_alpha_bar", 1.0), ("sqrt_one_minus_alpha_bar", 0.0), ("snr", None))
    }
    columns = [("x_0", x_0[None]), ("noise", eps[None] / 3), (f"x_{t}", x_t[None])]
    link = None if picture is not None else _link(config, schedule.T, t, digit, noise_seed)
    facts = {"name": schedule.name, "T": schedule.T, "t": t, **shown, "shape": list(x_0.shape), "link": link}
    return Answer(facts, dict(zip(FILES, (strip_png(columns), out.getvalue()), strict=True)))


def _bundled(digit: int) -> "torch.Tensor":
    from ..learn.data.pictures import bundled_digits

    low, high = RANGES["digit"]
    whole_number("digit", digit, int(low), int(high))
    return bundled_digits().x_0(slice(digit, digit + 1))[0]


def _own(picture: Picture, size: int, colour: str) -> "torch.Tensor":
    """x_0 of a picture that came as a data: URL, (C,H,W).

    Raises:
        ValueError: no such URL, too large, or no picture.
    """
    from ..views.picture import COLOURS, SIZES, read_picture

    whole_number("size", size, *SIZES)
    one_of("colour", colour, COLOURS)
    head, comma, body = picture.partition(",") if isinstance(picture, str) else ("", "", "")
    if not (head.startswith("data:") and head.endswith(";base64") and comma):
        raise Refusal("picture must be a data: URL in base64 or an uploaded file; send it so")
    if len(body) > MOST_PICTURE * 4 // 3 + 4:
        raise Refusal("a picture may have at most {most} MB; make it smaller", most=MOST_PICTURE >> 20)
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("picture must be a data: URL in base64 or an uploaded file; send it so") from None
    with tempfile.TemporaryDirectory(prefix="ddpm-picture-") as folder:
        path = Path(folder) / "picture"
        path.write_bytes(data)
        return read_picture(path, size, colour)


def _link(config: Config, T: int, t: int, digit: int, noise_seed: int) -> str | None:
    """The Forward tab with this very picture; None where its address cannot hold it."""
    words = config.split() if isinstance(config, str) else ()
    if not words or len(words) > 1 + any(word.startswith("T=") for word in words):
        return None
    try:
        recipe = DEFAULT.with_(tab="forward", schedule=words[0], T=T, t=t, digit=digit, noise_seed=noise_seed)
    except ValueError:
        return None
    return address_of(recipe)
