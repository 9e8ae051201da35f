"""Several processes that are at one deed together, as `accelerate launch` or `torchrun` starts them."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch

from ..core.phrase import Phrase, PhrasedError, Refusal
from .device import pick_device

if TYPE_CHECKING:
    from accelerate import Accelerator

Item = TypeVar("Item")
Result = TypeVar("Result")

ACCELERATE = "accelerate>=1.15,<2"  # as pyproject.toml has it under "train"
# How many processes a launcher says that there are: torchrun and accelerate, Open MPI, MPICH and Intel MPI, MVAPICH.
SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK")
PATIENCE = timedelta(days=1)  # while the first process saves or draws, the others wait
# A process other than the first says what went wrong only if the launcher has not ended it meanwhile: the first one
# mostly fails of the same, and says it.
LAST_WORD_S = 10.0
STOPPED = 130  # exit code of what Ctrl-C ended


class MissingAccelerate(PhrasedError):
    """The package that several processes need is not installed."""

    is_told = True


class ProcessGone(PhrasedError):
    """A process that the others wait for is no longer there."""

    is_told = True


def _number_in(names: Sequence[str], default: int) -> int:
    found = next((os.environ[name] for name in names if name in os.environ), "")
    return int(found) if found.isdecimal() else default


def launched_size() -> int:
    """How many processes were started for the deed of this one, itself included."""
    return max(1, _number_in(SIZES, 1))


def launched_rank() -> int:
    """Which of them this one is, from 0."""
    return _number_in(RANKS, 0) if launched_size() > 1 else 0


@dataclass(frozen=True)
class Launch:
    """The processes that are at one deed, seen from one of them.

    Attributes:
        rank: which one this is, from 0; 0 alone prints and saves.
        size: how many there are.
        accelerator: what they speak through; None for one process.
        device: this process's own; None to pick one.
    """

    rank: int = 0
    size: int = 1
    accelerator: Accelerator | None = None
    device: torch.device | None = None

    @property
    def is_main(self) -> bool:
        """Whether this one prints and saves."""
        return self.rank == 0

    def own_device(self, name: str) -> torch.device:
        """`pick_device`, or of several processes each its own card."""
        return pick_device(name) if self.device is None else self.device

    def share(self, count: int) -> slice:
        """Which of `count` things are this process's, as a slice; those of all processes are all, in order."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def own(self, items: Sequence[Item]) -> Sequence[Item]:
        """Which of the items are this process's in `spread`."""
        return items[self.rank :: self.size]

    def spread(self, items: Sequence[Item], deed: Callable[[Item], Result]) -> list[Result]:
        """`deed` of each item, in the order of the items, each done by one of the processes and known to all."""
        own = [deed(item) for item in self.own(items)]
        if self.accelerator is None:
            return own
        from accelerate.utils import gather_object

        numbered = [(self.rank + k * self.size, result) for k, result in enumerate(own)]
        everyone = cast("list[tuple[int, Result]]", gather_object(numbered))
        return [result for _, result in sorted(everyone, key=lambda pair: pair[0])]

    def summed(self, value: torch.Tensor) -> torch.Tensor:
        """The sum of the processes' tensors."""
        if self.accelerator is None:
            return value
        return cast(torch.Tensor, self.accelerator.reduce(value, "sum"))

    def trained(self, network: Any) -> Any:
        """The network as it is called in training: its gradients are the mean of all processes'."""
        return network if self.accelerator is None else self.accelerator.prepare(network)

    def wait(self) -> None:
        """Return once every process has come here."""
        if self.accelerator is not None:
            self.accelerator.wait_for_everyone()


ALONE = Launch()


@contextlib.contextmanager
def launched(device: str = "auto") -> Iterator[Launch]:
    """The launch that this process belongs to; what it does inside is silent in all processes but the first.

    Args:
        device: as `pick_device` takes it; the processes of one machine each take a card of their own.

    Raises:
        MissingAccelerate: more than one process, and no accelerate.
        ValueError: fewer cards than processes, a device that is not there, or a way to train that is not known here.
    """
    size, rank = launched_size(), launched_rank()
    if size == 1:
        _tell_of_one()
        yield ALONE
        return
    try:
        with _silent() if rank else contextlib.nullcontext():
            launch = _joined(device, rank, size)
            yield launch
            launch.wait()
            torch.distributed.destroy_process_group()
    except KeyboardInterrupt:
        if rank:
            raise SystemExit(STOPPED) from None
        raise
    except BaseException as error:
        if rank:
            time.sleep(LAST_WORD_S)
        # What gloo raises where a process has gone is this very class; NCCL's is one of torch.distributed's own.
        if type(error) is RuntimeError or isinstance(error, torch.distributed.DistError):
            raise ProcessGone(
                "process {rank} of {size} could not go on ({error}); where another one says why it ended, that is why",
                rank=rank,
                size=size,
                error=" ".join(str(error).split())[:300],
            ) from error
        raise


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def _tell_of_one() -> None:
    """Say where a launcher was asked for several processes and began one, as accelerate does on CPUs without MPI."""
    given = os.environ
    if given.get("ACCELERATE_USE_CPU", "").lower() == "true" and "MASTER_PORT" in given and "WORLD_SIZE" not in given:
        print(
            "ddpm_playground: accelerate launch --cpu starts one process where it has no MPI; for several on CPUs: "
            "torchrun --nproc-per-node N -m ddpm_playground …",
            file=sys.stderr,
        )


def _joined(device: str, rank: int, size: int) -> Launch:
    """This process among the others, on its own card."""
    try:
        from accelerate import Accelerator, InitProcessGroupKwargs
        from accelerate.utils import DistributedType
    except ImportError:
        raise MissingAccelerate(
            "{size} processes together need the package accelerate, which is not installed; install it with pip "
            "install '{package}', or start one process",
            size=size,
            package=ACCELERATE,
        ) from None
    wanted = pick_device(device)
    local, here = _number_in(("LOCAL_RANK",), rank), _number_in(("LOCAL_WORLD_SIZE",), size)
    if wanted.type == "cuda" and here > torch.cuda.device_count():
        raise Refusal(
            "{here} processes on this machine need a card each, and it has {cards}; start fewer, or give --device cpu",
            here=here,
            cards=torch.cuda.device_count(),
        )
    try:
        accelerator = Accelerator(
            cpu=wanted.type == "cpu",
            mixed_precision="no",  # --precision says it
            kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
        )
    except (RuntimeError, ValueError) as error:  # no address to meet at, or nobody there
        raise Refusal(
            "the {size} processes do not find each other ({error}); start them with torchrun or accelerate launch",
            size=size,
            error=" ".join(str(error).split())[:300],
        ) from None
    known = (DistributedType.MULTI_GPU, DistributedType.MULTI_CPU)
    if accelerator.distributed_type not in known or accelerator.num_processes != size:
        raise Refusal(
            "{size} processes can share a deed here by data alone (DDP), and accelerate was asked for {way} with "
            "{number}; run accelerate config anew, or torchrun",
            size=size,
            way=str(accelerator.distributed_type),
            number=accelerator.num_processes,
        )
    if (precision := os.environ.get("ACCELERATE_MIXED_PRECISION", "no")) not in ("no", "") and rank == 0:
        told = Phrase(
            "accelerate's mixed_precision = {precision} is not looked at: --precision says it", precision=precision
        )
        print(f"ddpm_playground: {told}", file=sys.stderr)
    own = torch.device("cuda", local) if wanted.type == "cuda" else wanted
    return Launch(accelerator.process_index, size, accelerator, own)
