"""The checkpoints at hand: pipeline folders below the allowed roots, loaded once and kept."""

import contextlib
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .checkpoint import Checkpoint

SHIPPED = Path(__file__).parents[2] / "checkpoints"
KEPT = 3

Key = tuple[Path, int, str]  # folder, when its weights were written, device


@dataclass(frozen=True)
class Loading:
    """How far a checkpoint is.

    Attributes:
        stage: not asked for yet; its weights are being read; it runs eagerly while a faster engine is made ready
            and checked; it runs as it shall; it runs eagerly since the engine cannot be had; it cannot be read.
        engine: title of the engine that is being prepared or cannot be had.
        described: device and engine that run it.
        reason: why it cannot be read.
    """

    stage: Literal["unread", "reading", "preparing", "ready", "fallback", "refused"]
    engine: str = ""
    described: str = ""
    reason: str = ""

    @property
    def busy(self) -> bool:
        """Whether another stage follows by itself."""
        return self.stage in ("reading", "preparing")


class Shelf:
    """Checkpoints below the allowed roots.

    Args:
        roots: folders whose subfolders may be loaded; default: checkpoints/ beside the package, and the
            folders that the environment variable DDPM_CHECKPOINTS names.
    """

    def __init__(self, roots: list[Path] | None = None) -> None:
        named = [Path(p) for p in os.environ.get("DDPM_CHECKPOINTS", "").split(os.pathsep) if p]
        self.roots = [root.resolve() for root in (roots or [SHIPPED, *named])]
        self._unlisted: list[Path] = []
        self._kept: OrderedDict[Key, Checkpoint] = OrderedDict()
        self._lock = threading.Lock()  # held while weights are read
        self._loading: dict[Key, Loading] = {}
        self._loading_lock = threading.Lock()  # never held for long

    def names(self) -> list[str]:
        """Names of the pipeline folders directly below the roots."""
        found = [
            p.name for root in self.roots if root.is_dir() for p in sorted(root.iterdir()) if (p / "unet").is_dir()
        ]
        return list(dict.fromkeys(found))

    def also_below(self, root: Path) -> None:
        """Allow the folders below `root` too, for whoever knows their names: `names` does not tell them."""
        if root.resolve() not in self._unlisted:
            self._unlisted.append(root.resolve())

    def folder(self, name: str) -> Path:
        """The folder that a name or a path means.

        Raises:
            ValueError: outside the allowed roots, or not there.
        """
        if not name or "\0" in name:
            raise ValueError("the checkpoint has no name; choose one of the list")
        roots = [*self.roots, *self._unlisted]
        candidates = [(root / name).resolve() for root in roots]
        inside = [p for p in candidates if any(p != root and p.is_relative_to(root) for root in roots)]
        if not inside:
            raise ValueError(
                f"checkpoint {name!r} lies outside the allowed folders; put it below checkpoints/, "
                "or name its parent in the environment variable DDPM_CHECKPOINTS"
            )
        there = [p for p in inside if p.is_dir()]
        if not there:
            raise ValueError(f"there is no checkpoint {name!r}; there are {', '.join(self.names()) or 'none'}")
        return there[0]

    def state(self, name: str) -> Loading:
        """How far the checkpoint of that name is; does not wait for it."""
        try:
            key = self._key(name)
        except ValueError as error:
            return Loading("refused", reason=str(error))
        with self._loading_lock:
            return self._loading.get(key, Loading("unread"))

    def begin(self, name: str) -> Loading:
        """Load it in the background unless that has begun; what becomes of it is in `state`."""
        state = self.state(name)
        if state.stage != "unread":
            return state
        self._note(self._key(name), reading := Loading("reading"))
        threading.Thread(target=self._load_quietly, args=(name,), daemon=True).start()
        return reading

    def load(self, name: str) -> "Checkpoint":
        """The checkpoint of that name on the best device, kept in memory until others replace it.

        It runs eagerly at first; the engine that suits this machine takes its place once it is ready.

        Raises:
            ValueError: as `folder` and `load_checkpoint` say.
        """
        key = self._key(name)
        with self._lock:
            if key not in self._kept:
                self._note(key, Loading("reading"))
                try:
                    self._read(key)
                except Exception as error:
                    self._note(key, Loading("refused", reason=str(error)))
                    raise
            self._kept.move_to_end(key)
            return self._kept[key]

    def _key(self, name: str) -> Key:
        from ..engine.device import pick_device
        from .checkpoint import WEIGHTS

        folder = self.folder(name)
        weights = folder / WEIGHTS
        return folder, weights.stat().st_mtime_ns if weights.is_file() else 0, str(pick_device())

    def _note(self, key: Key, state: Loading | None) -> None:
        with self._loading_lock:
            self._loading.pop(key, None)
            if state is not None:
                self._loading[key] = state

    def _load_quietly(self, name: str) -> None:
        with contextlib.suppress(ValueError):
            self.load(name)

    def _read(self, key: Key) -> None:
        """Put a checkpoint on the shelf, and a faster engine's preparation behind it; the lock is held."""
        from ..engine.engines import TITLES
        from .checkpoint import ARCHITECTURES, load_checkpoint

        folder, _, device = key
        checkpoint = load_checkpoint(folder, device, tuple(ARCHITECTURES))
        wanted = checkpoint.engine_for()
        self._kept[key] = checkpoint
        while len(self._kept) > KEPT:
            self._note(self._kept.popitem(last=False)[0], None)
        if wanted == "eager":
            self._note(key, Loading("ready", described=checkpoint.described()))
            return
        self._note(key, Loading("preparing", TITLES[wanted], checkpoint.described()))
        threading.Thread(target=self._speed_up, args=(key, checkpoint, wanted), daemon=True).start()

    def _speed_up(self, key: Key, checkpoint: "Checkpoint", wanted: str) -> None:
        from ..engine.engines import TITLES

        found = checkpoint
        try:
            found = checkpoint.on()
        finally:
            stage = "ready" if found.engine == wanted else "fallback"
            with self._lock:
                if key in self._kept:
                    self._kept[key] = found
                    self._note(key, Loading(stage, TITLES[wanted], found.described()))
