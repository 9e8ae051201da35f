"""Pictures one after the other as an MP4, for which the package av is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ..core.phrase import Refusal

FRAMES_PER_SECOND = 12
MOST_VIDEO_FRAMES = 1000
END_S = 2  # that a video holds its last frame


def check_video(name: str) -> None:
    """Refuse a video that cannot be written, before its pictures are made.

    Raises:
        ValueError: the package av is missing.
    """
    try:
        import av  # pyright: ignore[reportMissingImports]  # noqa: F401
    except ImportError:
        raise Refusal(
            "to write {name} the package av is needed, which is not installed: pip install av; or save a .gif instead",
            name=name,
        ) from None


def write_mp4(path: Path, pictures: Sequence[Image.Image]) -> None:
    """The pictures, of one size, as H.264; the last one is held.

    Raises:
        ValueError: the package av is missing.
    """
    check_video(path.name)
    import av  # pyright: ignore[reportMissingImports]

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": "18"})
        # H.264 of colours at half resolution has even sides.
        stream.width, stream.height = (side + side % 2 for side in pictures[0].size)
        stream.pix_fmt = "yuv420p"
        for picture in (*pictures, *[pictures[-1]] * (END_S * FRAMES_PER_SECOND)):
            even = Image.new("RGB", (stream.width, stream.height), "white")
            even.paste(picture)
            for packet in stream.encode(av.VideoFrame.from_image(even)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
