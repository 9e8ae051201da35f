"""Algorithm 1 of Ho et al. (2020) on a real network, saved as it goes."""

import json
import math
import subprocess
import sys
import time
from collections import deque
from dataclasses import asdict, replace
from pathlib import Path

import torch
from diffusers import DDPMScheduler
from tqdm import tqdm

from ..engine.device import describe_device, pick_device
from .algorithm_1 import by_quarter
from .card import model_card
from .checkpoint import CheckpointError, save_pipeline
from .data import load_pictures
from .settings import Settings
from .trainer import Trainer
from .training_state import load_state, save_state

MAX_THREADS = 1024
LOOK_EVERY = 10  # steps between looks at the errors; in between, a card is not waited for


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


def train(
    settings: Settings,
    out: Path,
    *,
    resume: bool = False,
    compiled: bool = False,
    device: str = "auto",
    save_minutes: float = 5.0,
    sheet_minutes: float = 20.0,
    threads: int | None = None,
    command: str = "",
) -> None:
    """Train, saving as it goes, and write the pipeline folder `out`.

    The state to resume from, the log and the sample sheets stand beside it in `out`.training.

    Raises:
        ValueError: settings or data that cannot be used.
        CheckpointError: nothing to resume, or made with other settings; or `out` exists and not resume.
    """
    for flag, minutes in (("--save-minutes", save_minutes), ("--sheet-minutes", sheet_minutes)):
        if not minutes >= 0.0:
            raise ValueError(f"{flag} must be 0 or more, got {minutes}; give minutes")
    if threads is not None:
        if not 1 <= threads <= MAX_THREADS:
            raise ValueError(f"--threads must be in [1, {MAX_THREADS}], got {threads}; leave it out for all cores")
        torch.set_num_threads(threads)
    if not out.name:
        raise ValueError(f"--out must name a folder to write, got {str(out)!r}; try checkpoints/NAME")
    folder = out.with_name(out.name + ".training")
    state_path = folder / "state.safetensors"
    if not resume and (out.exists() or state_path.exists()):
        raise CheckpointError(f"{out} or its training state exists; add --resume to go on, or choose another --out")
    chosen = pick_device(device)
    if chosen.type == "cuda":  # one shape throughout: cuDNN may try its ways on it
        torch.backends.cudnn.benchmark = True
    # A resumed run has its weights already, and need not find again where they came from.
    beginning = replace(settings, start_from="") if resume and state_path.exists() else settings
    trainer = Trainer(beginning, load_pictures(settings.data), chosen, compiled)
    # A run that was stopped before its first save has nothing to go on from: it begins anew, with the same numbers.
    if resume and (state_path.exists() or out.exists()):
        trainer.restore(*load_state(state_path))
    held_out = load_pictures(settings.data, "test")
    if held_out.class_names != trainer.pictures.class_names:
        raise ValueError(
            f"the test pictures have classes {', '.join(held_out.class_names)}, the training pictures "
            f"{', '.join(trainer.pictures.class_names)}; give both the same"
        )
    betas = None if settings.schedule == "linear" else trainer.schedule.betas[1:].tolist()
    scheduler = DDPMScheduler(
        num_train_timesteps=settings.T, beta_start=1e-4, beta_end=0.02, trained_betas=betas, clip_sample=True
    )
    scheduler.register_to_config(class_names=list(trainer.pictures.class_names))
    folder.mkdir(parents=True, exist_ok=True)
    version, machine = code_version(), describe_device(chosen)

    def save() -> None:
        save_state(state_path, *trainer.state())
        t, errors = trainer.held_out_errors(held_out)
        facts = {
            "command": command, "commit": version,
            "data": f"{Path(settings.data).resolve().name}: {len(trainer.pictures)} pictures, "
            f"{trainer.num_classes} classes, sha256 {trainer.pictures.sha256[:16]}…",
            "machine": machine, "hours": round(trainer.seconds / 3600, 2), "step": trainer.step,
            "parameters": sum(p.numel() for p in trainer.parameters), "torch": torch.__version__,
            "held_out_loss": round(float(errors.mean()), 5), "settings": asdict(settings),
            "held_out_loss_by_quarter": [
                round(v, 5) if math.isfinite(v) else None for v in by_quarter(t, errors, settings.T)
            ],
        }  # fmt: skip
        if trainer.origin:
            facts["start_from"] = trainer.origin
        with trainer.averaged():
            save_pipeline(
                out, trainer.unet, scheduler,
                lambda sha256: {
                    "training.json": json.dumps(facts, indent=2, allow_nan=False) + "\n",
                    "README.md": model_card(out.name, facts | {"sha256": sha256}, None),
                },
            )  # fmt: skip
        line = {k: facts[k] for k in ("step", "hours", "held_out_loss", "held_out_loss_by_quarter")}
        with (folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")
        nonlocal held_out_text
        held_out_text = f"; held-out loss {facts['held_out_loss']:.4f}"
        bar.set_postfix_str(bar_text + held_out_text)

    bar_text = held_out_text = ""
    last_save = last_sheet = since = time.monotonic()
    looked = trainer.step
    recent: deque[tuple[torch.Tensor, torch.Tensor]] = deque(maxlen=50)

    def look() -> None:
        """Read the errors of the last steps, which waits for a card that is still at them."""
        nonlocal bar_text, looked
        per_step = [errors.cpu() for _, errors in recent]
        for step, errors in enumerate(per_step, trainer.step - len(per_step) + 1):
            if not torch.isfinite(errors).all():
                raise ValueError(f"the loss is not finite at step {step}; lower --learning-rate and resume")
        seconds = time.monotonic() - since
        trainer.seconds += seconds
        rate, looked = settings.batch_size * (trainer.step - looked) / seconds, trainer.step
        t, loss = torch.cat([t for t, _ in recent]), torch.cat(per_step)
        by_t = "/".join(f"{v:.3f}" for v in by_quarter(t, loss, settings.T))
        bar_text = f"loss {loss.mean():.4f} by quarter of t {by_t}, {rate:.0f} images/s"
        bar.set_postfix_str(bar_text + held_out_text, refresh=False)

    bar = tqdm(total=settings.steps, initial=trainer.step, unit="step", file=sys.stderr, mininterval=2.0)
    with bar:
        while trainer.step < settings.steps:
            recent.append(trainer.advance())
            bar.update()
            now = time.monotonic()
            saving, drawing = now - last_save > save_minutes * 60, now - last_sheet > sheet_minutes * 60
            if trainer.step % LOOK_EVERY == 0 or trainer.step == settings.steps or saving or drawing:
                look()
                if saving:
                    save()
                    last_save = now
                if drawing:
                    trainer.sample_sheet().save(folder / f"step_{trainer.step:07d}.png")
                    last_sheet = now
                since = time.monotonic()
        save()
        trainer.sample_sheet().save(folder / f"step_{trainer.step:07d}.png")
