"""What a training leaves on the disk as it goes: its state, its pipeline folder with a card, its log, its sheets."""

import json
import math
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import DDPMScheduler

from ...engine.device import describe_device
from ..checkpoints.checkpoint import save_pipeline
from ..checkpoints.model_card import model_card
from ..data.pictures import Pictures
from .algorithm_1 import by_quarter
from .inspection import held_out_errors, sample_sheet
from .objective import LEARNED_AS
from .resuming import state_of
from .settings import Settings
from .trainer import Trainer
from .training_state import save_state


@dataclass(frozen=True)
class Place:
    """Where a run writes: the pipeline folder `out`, and beside it `out`.training with what it needs to go on."""

    out: Path

    @property
    def folder(self) -> Path:
        """Of the state, the log and the sample sheets."""
        return self.out.with_name(self.out.name + ".training")

    @property
    def state(self) -> Path:
        """The state to resume from."""
        return self.folder / "state.safetensors"

    @property
    def log(self) -> Path:
        """A JSON line of each time that it was saved."""
        return self.folder / "log.jsonl"

    def sheet(self, step: int) -> Path:
        """The pictures that were drawn after so many steps."""
        return self.folder / f"step_{step:07d}.png"


def code_version() -> str:
    """The commit of this code, with "+" if the working tree differs from it; "unknown" outside a checkout."""
    here = Path(__file__).parent
    try:
        commit, changes = (
            subprocess.run(["git", *command], cwd=here, capture_output=True, text=True, check=True).stdout.strip()
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain", "--", "."])
        )
        return commit + ("+" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def scheduler_of(trainer: Trainer) -> DDPMScheduler:
    """The diffusers scheduler of a run's β_t, with the names of its classes."""
    settings, schedule = trainer.settings, trainer.schedule
    betas = None if settings.schedule == "linear" else schedule.betas[1:].tolist()
    scheduler = DDPMScheduler(
        num_train_timesteps=settings.T, beta_start=1e-4, beta_end=0.02, trained_betas=betas, clip_sample=True,
        timestep_spacing="trailing",  # as `sample` and Reverse take it
        prediction_type=trainer.objective.prediction_type,  # type: ignore[arg-type]
        variance_type=LEARNED_AS if trainer.objective.learned else "fixed_small",
    )  # fmt: skip
    if trainer.num_classes:
        scheduler.register_to_config(_class_names=list(trainer.pictures.class_names))
    return scheduler


class Saver:
    """Writes the state, the pipeline folder with its card, and a line of the log.

    Args:
        held_out: pictures that the loss is measured on.
        settings: those that the card shows; a resumed trainer's own have no start_from.
        command: that began the run, for the card.
        tell: is called with the held-out loss.
    """

    def __init__(
        self, trainer: Trainer, held_out: Pictures, place: Place, settings: Settings, command: str,
        tell: Callable[[float], None],
    ) -> None:  # fmt: skip
        self.trainer, self.held_out, self.place, self.settings, self.tell = trainer, held_out, place, settings, tell
        pictures = trainer.pictures
        data = (
            f"{Path(settings.data).resolve().name}: {len(pictures)} pictures, "
            f"{trainer.num_classes or 'no'} classes, sha256 {pictures.sha256[:16]}…"
        )
        self.about = {"command": command, "commit": code_version(), "data": data}
        self.machine, self.scheduler = describe_device(trainer.device), scheduler_of(trainer)

    def __call__(self) -> None:
        """Save all of it; the weights that the pipeline folder gets are the averaged ones."""
        save_state(self.place.state, *state_of(self.trainer))
        facts = self._facts()
        with self.trainer.averages.lent():
            save_pipeline(
                self.place.out, self.trainer.unet, self.scheduler,
                lambda sha256: {
                    "training.json": json.dumps(facts, indent=2, allow_nan=False) + "\n",
                    "README.md": model_card(self.place.out.name, facts | {"sha256": sha256}, None),
                },
            )  # fmt: skip
        line = {k: facts[k] for k in ("step", "hours", "held_out_loss", "held_out_loss_by_quarter")}
        with self.place.log.open("a") as log:
            log.write(json.dumps(line) + "\n")
        self.tell(facts["held_out_loss"])

    def _facts(self) -> dict[str, Any]:
        """What training.json says of the run so far."""
        trainer = self.trainer
        t, errors = held_out_errors(trainer, self.held_out)
        quarters = by_quarter(t, errors, self.settings.T)
        facts = self.about | {
            "machine": self.machine, "hours": round(trainer.seconds / 3600, 2), "step": trainer.step,
            "parameters": sum(p.numel() for p in trainer.parameters), "torch": torch.__version__,
            "class_names": list(trainer.pictures.class_names),
            "held_out_loss": round(float(errors.mean()), 5), "settings": asdict(self.settings),
            "held_out_loss_by_quarter": [round(v, 5) if math.isfinite(v) else None for v in quarters],
        }  # fmt: skip
        return facts | ({"start_from": trainer.origin} if trainer.origin else {})


class SheetDrawer:
    """Draws a sample sheet and writes it under the number of the steps done."""

    def __init__(self, trainer: Trainer, place: Place) -> None:
        self.trainer, self.place = trainer, place

    def __call__(self) -> None:
        """Draw one."""
        sample_sheet(self.trainer).save(self.place.sheet(self.trainer.step))
