"""The checkpoints at hand: pipeline folders below the allowed roots, loaded once and kept."""

import contextlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...core.later import torch
from ...core.phrase import Phrase, Refusal
from ...core.plain_words import printable, reason_of
from ..imports import import_once
from .layout import NETWORKS, is_checkpoint, written_when
from .shipped import VARIABLE, default_roots, named_roots

if TYPE_CHECKING:
    from .checkpoint import Checkpoint

KEPT = 3
MAX_NAME = 400
LOOP = "it is a link that leads back to itself; remove the link, or choose one of the list"

Key = tuple[Path, tuple[int, ...], str]  # folder, when its parts were written, device


@dataclass(frozen=True)
class Loading:
    """How far a checkpoint is.

    Attributes:
        stage: not asked for yet; its weights are being read; it runs eagerly while a faster engine is made ready
            and checked; it runs as it shall; it runs eagerly since the engine cannot be had; it cannot be read.
        engine: title of the engine that is being prepared or cannot be had.
        described: device and engine that run it.
        reason: why it cannot be read, or why the engine cannot be had.
        read_as: a sentence each about what was chosen, converted or assumed.
        timed_as: what `engine.spaces.STEP_TIMES` has the time of its steps under, once it runs as it shall.
    """

    stage: Literal["unread", "reading", "preparing", "ready", "fallback", "refused"]
    engine: str = ""
    described: str = ""
    reason: str = ""
    read_as: tuple[Phrase, ...] = ()
    timed_as: str = ""

    @property
    def busy(self) -> bool:
        """Whether another stage follows by itself."""
        return self.stage in ("reading", "preparing")


def _fault(root: Path) -> str:
    """Why a folder holds no checkpoints; nothing where some are found in it."""
    try:
        if not root.is_dir():
            return "it is no folder; make it, or take it off the list"
        if is_checkpoint(root):
            return "it is a checkpoint itself; name the folder that holds it"
        if not any(is_checkpoint(folder) for folder in root.iterdir()):
            return "it holds no checkpoint, which is a folder with unet/ in it, or with a network's config.json"
    except (OSError, RuntimeError) as error:
        return LOOP if type(error) is RuntimeError else reason_of(error, with_path=True)
    return ""


def _time_a_step(checkpoint: "Checkpoint") -> None:
    """Measure a call for one picture, on the CPU, so that a chain's time can be told before its start."""
    from ...engine.network import examples
    from ...engine.spaces import STEP_TIMES, StepTime

    if checkpoint.device.type != "cpu" or STEP_TIMES.known(checkpoint.timed_as):
        return
    predict = checkpoint.predictor()
    x, t, _ = examples(checkpoint.unet.config, 1)
    label = torch.zeros(1, dtype=torch.int64) if checkpoint.class_names else None
    predict.answer(x, t, label)  # makes room for the next
    began_s = time.perf_counter()
    predict.answer(x, t, label)
    STEP_TIMES.note(checkpoint.timed_as, StepTime(1, time.perf_counter() - began_s, in_chain=False))


class Shelf:
    """Checkpoints below the allowed roots.

    Args:
        roots: folders whose subfolders may be loaded, the first one's before those of the same name in later ones;
            default: the package's own, checkpoints/ in a checkout and in the current folder, and the folders that
            the environment variable DDPM_CHECKPOINTS names.
    """

    def __init__(self, roots: list[Path] | None = None) -> None:
        self.roots: list[Path] = []
        for root in roots or default_roots():
            with contextlib.suppress(OSError, RuntimeError):  # a link that leads back to itself; `complaints` has it
                self.roots.append(root.resolve())
        self._unlisted: list[Path] = []
        self._kept: OrderedDict[Key, Checkpoint] = OrderedDict()
        self._lock = threading.Lock()  # of what is kept; never held for long
        self._turns: dict[Key, threading.Lock] = {}  # each held while its weights are read: others go on meanwhile
        self._loading: dict[Key, Loading] = {}
        self._loading_lock = threading.Lock()  # never held for long

    def names(self) -> list[str]:
        """Names of the pipeline folders directly below the roots."""
        return list(dict.fromkeys(folder.name for folder in self._below_roots()))

    def _below_roots(self) -> list[Path]:
        """The pipeline folders directly below the roots, in the order of the roots."""
        found: list[Path] = []
        for root in self.roots:
            with contextlib.suppress(OSError):  # a root that is missing or may not be read has none
                own = NETWORKS if is_checkpoint(root) else ()  # the parts of a root that is one itself are none
                found += [p for p in sorted(root.iterdir()) if p.name not in own and is_checkpoint(p)]
        return found

    def complaints(self) -> list[str]:
        """What is wrong with the roots, a sentence each: folders that hold nothing, and checkpoints that are hidden."""
        told = [f"{VARIABLE} names {printable(str(root))}: {why}" for root in named_roots() if (why := _fault(root))]
        first: dict[str, Path] = {}
        for folder in self._below_roots():
            taken = first.setdefault(folder.name, folder)
            if taken.resolve() != folder.resolve():
                told.append(
                    f"the checkpoint {printable(folder.name)} is that in {printable(str(taken.parent))}, which comes "
                    f"first; the one in {printable(str(folder.parent))} is hidden, so rename it"
                )
        return told

    def also_below(self, root: Path) -> None:
        """Allow the folders below `root` too, for whoever knows their names: `names` does not tell them."""
        if root.resolve() not in self._unlisted:
            self._unlisted.append(root.resolve())

    @property
    def unlisted(self) -> tuple[Path, ...]:
        """The folders that `also_below` has allowed."""
        return tuple(self._unlisted)

    def folder(self, name: str) -> Path:
        """The folder that a name or a path means.

        Raises:
            ValueError: outside the allowed roots, or not there.
        """
        if not isinstance(name, str) or not name.strip() or "\0" in name:
            raise Refusal("the checkpoint has no name; choose one of the list")
        if len(name) > MAX_NAME:
            raise Refusal(
                "a checkpoint's name has at most {most} characters, got {got}; shorten it",
                most=MAX_NAME,
                got=f"{len(name):,}",
            )
        roots = [*self.roots, *self._unlisted]
        try:
            candidates = [(root / name).resolve() for root in roots]
            inside = [p for p in candidates if any(p != root and p.is_relative_to(root) for root in roots)]
            there = [p for p in inside if p.is_dir()]
        except (OSError, RuntimeError, UnicodeError) as error:  # a link that leads back to itself is a RuntimeError
            told = LOOP if type(error) is RuntimeError else reason_of(error)
            raise Refusal("checkpoint {name} cannot be looked for: {told}", name=printable(name), told=told) from None
        if not there and len(inside) < len(candidates):  # also by a link that leads out of its root
            raise Refusal(
                "checkpoint {name} lies outside the allowed folders; put it below checkpoints/, or name its parent "
                "in the environment variable DDPM_CHECKPOINTS",
                name=repr(name),
            )
        if not there:
            raise Refusal(
                "there is no checkpoint {name}; there are {known}",
                name=repr(name),
                known=", ".join(self.names()) or "none",
            )
        return there[0]

    def state(self, name: str) -> Loading:
        """How far the checkpoint of that name is; does not wait for it."""
        try:
            key = self._key(name)
        except Exception as error:  # it is asked twice a second: whatever went wrong is told, once
            return Loading("refused", reason=reason_of(error))
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
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            found = self._found(key)
            if found is None:
                self._note(key, Loading("reading"))
                try:
                    found = self._read(key)
                except Exception as error:
                    self._note(key, Loading("refused", reason=reason_of(error)))
                    raise
            return found

    def _found(self, key: Key) -> "Checkpoint | None":
        """What is kept under a key, as the latest that was asked for."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _key(self, name: str) -> Key:
        import_once()
        from ...engine.device import pick_device

        folder = self.folder(name)
        return folder, written_when(folder), str(pick_device())

    def _note(self, key: Key, state: Loading | None) -> None:
        with self._loading_lock:
            self._loading.pop(key, None)
            if state is not None:
                self._loading[key] = state

    def _load_quietly(self, name: str) -> None:
        with contextlib.suppress(Exception):  # `state` has its reason
            self.load(name)

    def _read(self, key: Key) -> "Checkpoint":
        """Put a checkpoint on the shelf, and a faster engine's preparation behind it; its turn is held."""
        from ...engine.engines import ENGINES
        from .checkpoint import ARCHITECTURES, load_checkpoint

        folder, _, device = key
        checkpoint = load_checkpoint(folder, device, tuple(ARCHITECTURES))
        wanted = checkpoint.engine_for()
        with self._lock:
            self._kept[key] = checkpoint
            while len(self._kept) > KEPT:
                self._note(self._kept.popitem(last=False)[0], None)
        if wanted == "eager":
            self._note(
                key,
                Loading(
                    "ready", described=checkpoint.described(), read_as=checkpoint.read_as, timed_as=checkpoint.timed_as
                ),
            )
            return checkpoint
        preparing = Loading("preparing", ENGINES[wanted].title, checkpoint.described(), read_as=checkpoint.read_as)
        self._note(key, preparing)
        threading.Thread(target=self._speed_up, args=(key, checkpoint, wanted), daemon=True).start()
        return checkpoint

    def _speed_up(self, key: Key, checkpoint: "Checkpoint", wanted: str) -> None:
        from ...engine.engines import ENGINES

        found = checkpoint
        try:
            found = checkpoint.on()
            with contextlib.suppress(Exception):  # then nothing was measured
                _time_a_step(found)
        finally:
            stage = "ready" if found.engine == wanted else "fallback"
            with self._lock:
                if key in self._kept:
                    self._kept[key] = found
                    title = ENGINES[wanted].title
                    self._note(
                        key,
                        Loading(stage, title, found.described(), found.fallback or "", found.read_as, found.timed_as),
                    )
