"""The noise of chains from a file, so that they can be compared with another program's, draw by draw."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...core import Noise
from ...core.phrase import Refusal
from ...core.plain_words import reason_of

X_T, Z = "x_T", "z"
MAX_BYTES = 8 * 2**30  # of an array, unpacked


@dataclass(frozen=True, eq=False)
class Noises:
    """What chains start from and draw.

    Attributes:
        x_T: of variance 1, (N,C,H,W) float32.
        z: (S,N,C,H,W) float32 in the order of the draws; S is 0 where the file has none.
        name: of the file.
    """

    x_T: torch.Tensor
    z: torch.Tensor
    name: str

    def check(self, count: int, image_shape: tuple[int, int, int], draws: int) -> None:
        """Refuse noise that does not fit a chain.

        Args:
            count: N, how many pictures.
            image_shape: (C,H,W) of one.
            draws: how many times the chain draws z.

        Raises:
            ValueError: which array, what came, what is needed.
        """
        wanted = (count, *image_shape)
        for name, shape in ((X_T, tuple(self.x_T.shape)), (Z, tuple(self.z.shape[1:]))):
            if shape != wanted and not (name == Z and draws == 0):
                raise Refusal(
                    "{key} in {name} must have the shape {wanted}, got {shape}; give N = {count} chains of pictures "
                    "{image} as this network makes them",
                    key=name,
                    name=self.name,
                    wanted=str(wanted) if name == X_T else f"(S, {str(wanted)[1:]}",
                    shape=tuple(self.x_T.shape) if name == X_T else tuple(self.z.shape),
                    count=count,
                    image=image_shape,
                )
        if len(self.z) < draws:
            raise Refusal(
                "z in {name} holds {got} draws, and this chain makes {draws}; give as many, in the order of the draws",
                name=self.name,
                got=len(self.z),
                draws=draws,
            )

    def of(self, indices: range, device: torch.device) -> tuple[torch.Tensor, Noise]:
        """x_T of some pictures and their further draws, on a device."""
        draws = iter(self.z[:, indices.start : indices.stop])
        return self.x_T[indices.start : indices.stop].to(device), lambda: next(draws).to(device)


def read_noises(path: Path) -> Noises:
    """x_T and z of an .npz file; z may be left out where a chain draws nothing.

    Raises:
        ValueError: it cannot be read, has no x_T, or an array is pickled, no real numbers, or not finite.
    """
    try:
        with path.open("rb") as opened:
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise Refusal("{name} is one array; give an .npz with x_T (N,C,H,W) and z (S,N,C,H,W)", name=path.name)
            check_sizes(path)
            x_T = _array(file, X_T, 4, path.name)
            z = _array(file, Z, 5, path.name) if Z in file.files else torch.empty(0, *x_T.shape)
    except Refusal:
        raise
    except (ValueError, OSError, KeyError, zipfile.BadZipFile, EOFError) as error:
        told = "its arrays are pickled" if "pickle" in str(error).lower() else reason_of(error)
        raise Refusal(
            "{name} cannot be read as noise: {error}; write it with numpy.savez, arrays of numbers alone",
            name=path.name,
            error=told,
        ) from None
    return Noises(x_T, z, path.name)


def check_sizes(path: Path) -> None:
    """Refuse a file that unpacks to more than memory should hold."""
    with zipfile.ZipFile(path) as archive:
        most = max((member.file_size for member in archive.infolist()), default=0)
    if most > MAX_BYTES:
        raise Refusal(
            "{name} holds an array of {got} GB, at most {most} GB are read; draw fewer chains at once",
            name=path.name,
            got=f"{most / 2**30:.0f}",
            most=MAX_BYTES // 2**30,
        )


def _array(file: "np.lib.npyio.NpzFile", key: str, axes: int, name: str) -> torch.Tensor:
    if key not in file.files:
        raise Refusal(
            "{name} has no {key}; it has {known}: give x_T (N,C,H,W) and z (S,N,C,H,W)",
            name=name,
            key=key,
            known=", ".join(file.files[:8]) or "nothing",
        )
    values = file[key]
    if values.ndim != axes or values.dtype.kind not in "fiu":
        raise Refusal(
            "{key} in {name} must be {axes} axes of real numbers, got {shape} of {kind}",
            key=key,
            name=name,
            axes=axes,
            shape=values.shape,
            kind=str(values.dtype)[:40],
        )
    if not np.isfinite(values).all():
        raise Refusal("{key} in {name} holds numbers that are not finite; draw it again", key=key, name=name)
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
