"""The checkpoints at hand: pipeline folders below the allowed roots, loaded once and kept."""

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .checkpoint import Checkpoint

SHIPPED = Path(__file__).parents[2] / "checkpoints"
KEPT = 3


class Shelf:
    """Checkpoints below the allowed roots.

    Args:
        roots: folders whose subfolders may be loaded; default: checkpoints/ beside the package, and the
            folders that the environment variable DDPM_CHECKPOINTS names.
    """

    def __init__(self, roots: list[Path] | None = None) -> None:
        named = [Path(p) for p in os.environ.get("DDPM_CHECKPOINTS", "").split(os.pathsep) if p]
        self.roots = [root.resolve() for root in (roots or [SHIPPED, *named])]
        self._kept: OrderedDict[tuple[Path, int, str], Checkpoint] = OrderedDict()
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Names of the pipeline folders directly below the roots."""
        found = [
            p.name for root in self.roots if root.is_dir() for p in sorted(root.iterdir()) if (p / "unet").is_dir()
        ]
        return list(dict.fromkeys(found))

    def folder(self, name: str) -> Path:
        """The folder that a name or a path means.

        Raises:
            ValueError: outside the allowed roots, or not there.
        """
        if not name or "\0" in name:
            raise ValueError("the checkpoint has no name; choose one of the list")
        candidates = [(root / name).resolve() for root in self.roots]
        inside = [p for p in candidates if any(p != root and p.is_relative_to(root) for root in self.roots)]
        if not inside:
            raise ValueError(
                f"checkpoint {name!r} lies outside the allowed folders; put it below checkpoints/, "
                "or name its parent in the environment variable DDPM_CHECKPOINTS"
            )
        there = [p for p in inside if p.is_dir()]
        if not there:
            raise ValueError(f"there is no checkpoint {name!r}; there are {', '.join(self.names()) or 'none'}")
        return there[0]

    def load(self, name: str) -> "Checkpoint":
        """The checkpoint of that name on the best device, kept in memory until others replace it.

        It runs eagerly at first; the engine that suits this machine takes its place once it is ready.

        Raises:
            ValueError: as `folder` and `load_checkpoint` say.
        """
        from ..engine.device import pick_device
        from ..engine.engines import pick_engine
        from .checkpoint import WEIGHTS, load_checkpoint

        folder, device = self.folder(name), pick_device()
        weights = folder / WEIGHTS
        key = (folder, weights.stat().st_mtime_ns if weights.is_file() else 0, str(device))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = checkpoint = load_checkpoint(folder, device)
                if pick_engine(device.type) != "eager":
                    threading.Thread(target=self._speed_up, args=(key, checkpoint), daemon=True).start()
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _speed_up(self, key: tuple[Path, int, str], checkpoint: "Checkpoint") -> None:
        faster = checkpoint.on()
        with self._lock:
            if key in self._kept:
                self._kept[key] = faster
