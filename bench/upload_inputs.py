"""Bad uploads: pictures, broken ones, none at all, and paths that were never uploaded."""

import io
import random
import time
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from .nasty import TEXTS
from .visitor import Answer, Input, Visitor, judged


def pictures(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Uploads that are pictures, broken ones, or none, and paths that were never uploaded."""
    received, made = visitor.event("received"), []
    for k in range(70):
        file = io.BytesIO()
        mode = rng.choice(["L", "RGB", "RGBA", "1", "P", "CMYK"])
        size = rng.choice([(1, 1), (28, 28), (3000, 1), (64, 64)])
        Image.new(mode, size).save(file, "TIFF" if mode == "CMYK" else "PNG")
        data = file.getvalue()
        if k % 3 == 0:
            data = data[: rng.randrange(len(data))] + rng.randbytes(rng.randrange(40))
        name = rng.choice(
            ["a.png", "a.svg", "a.html", "../../a.png", "x" * 300 + ".png", ".png", "a", "a\0.png", "é.gif"]
        )
        made.append(lambda v, n=name, d=data: _uploaded(v, received, n, d))
    for path in [
        *TEXTS[:22],
        "/proc/self/environ",
        "/dev/zero",
        str(Path(__file__).parents[1] / "README.md"),
        "http://127.0.0.1:1/a.png",
    ]:
        sent = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": path[:40]}
        made.append(lambda v, s=sent: v.join(received["id"], [s, *v.values(received)[1:]]))
    return made


def _uploaded(visitor: Visitor, event: dict[str, Any], name: str, data: bytes) -> Answer:
    begun = time.perf_counter()
    try:
        sent = visitor.http.post("gradio_api/upload", files={"files": (name, data)})
    except (httpx.HTTPError, ValueError) as error:
        return Answer("broken", time.perf_counter() - begun, repr(error))
    if sent.status_code != 200:
        return judged(begun, sent.status_code, sent.text)
    told = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}, "orig_name": name}
    return visitor.join(event["id"], [told, *visitor.values(event)[1:]])
