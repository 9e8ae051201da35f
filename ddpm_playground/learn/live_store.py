"""Live runs as files: a diffusers pipeline folder where the network is a UNet2DModel, else the like of it."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from diffusers import DDPMScheduler, UNet2DModel

    from .live import LiveTraining
    from .planar_network import PlanarNetwork

KEPT = 12


def scheduler_of(live: "LiveTraining") -> "DDPMScheduler":
    """The schedule that a run was trained with last, β by β."""
    from diffusers import DDPMScheduler

    schedule, bounded = live.schedule, live.task.bounded
    return DDPMScheduler(num_train_timesteps=schedule.T, trained_betas=schedule.betas[1:].tolist(), clip_sample=bounded)


class LiveStore:
    """Saved runs below one folder; the oldest of more than KEPT are removed.

    Args:
        root: the folder; made when the first run is saved.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def clear(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.root, ignore_errors=True)

    def save(self, live: "LiveTraining", name: str) -> Path:
        """Write the averaged network of a run; returns its folder.

        Raises:
            ValueError: the run has not taken a step yet.
        """
        from .checkpoint import save_pipeline

        progress = live.progress
        if not progress.step:
            raise ValueError("this run has not taken a step yet; press Start first")
        folder, network, scheduler = self.root / name, live.network_now(), scheduler_of(live)
        facts = live.task.facts() | {
            "steps": progress.step, "seconds": round(progress.seconds, 1), "seed": live.seed,
            "loss": progress.curve()[-1][2], "T": live.schedule.T,
        }  # fmt: skip
        told = json.dumps(facts, indent=2) + "\n"
        if "class_names" in facts:
            scheduler.register_to_config(class_names=facts["class_names"])
        kept = cast("UNet2DModel | PlanarNetwork", network)
        save_pipeline(folder, kept, scheduler, lambda sha256: {"training.json": told})
        saved = sorted((p for p in self.root.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
        for stale in saved[:-KEPT]:
            shutil.rmtree(stale, ignore_errors=True)
        return folder

    def zipped(self, folder: Path, into: Path) -> Path:
        """A saved run as one file in another folder."""
        return Path(shutil.make_archive(str(into / folder.name), "zip", folder))
