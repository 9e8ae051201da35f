"""Live runs as files: a diffusers pipeline folder where the network is a UNet2DModel, else the like of it."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ...core.phrase import Refusal

if TYPE_CHECKING:
    from diffusers import DDPMScheduler, UNet2DModel

    from ..networks.planar_network import PlanarNetwork
    from .live import LiveTraining

KEPT = 12
# The files of a saved run; one whose network diffusers does not know has no model_index.json.
WRITTEN = (
    "model_index.json", "training.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
    "scheduler/scheduler_config.json",
)  # fmt: skip


def scheduler_of(live: "LiveTraining") -> "DDPMScheduler":
    """The schedule that a run was trained with last, β by β."""
    from diffusers import DDPMScheduler

    schedule, bounded = live.schedule, live.task.bounded
    return DDPMScheduler(
        num_train_timesteps=schedule.T, trained_betas=schedule.betas[1:].tolist(), clip_sample=bounded,
        timestep_spacing="trailing",
    )  # fmt: skip


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
        from ..checkpoints.checkpoint import save_pipeline

        progress = live.progress
        if not progress.step:
            raise Refusal("this run has not taken a step yet; press Start first")
        folder, network, scheduler = self.root / name, live.network_now(), scheduler_of(live)
        facts = live.task.facts() | {
            "steps": progress.step, "seconds": round(progress.seconds, 1), "seed": live.seed,
            "loss": progress.curve()[-1][2], "T": live.schedule.T,
        }  # fmt: skip
        told = json.dumps(facts, indent=2) + "\n"
        if "class_names" in facts:
            scheduler.register_to_config(_class_names=facts["class_names"])
        kept = cast("UNet2DModel | PlanarNetwork", network)
        save_pipeline(folder, kept, scheduler, lambda sha256: {"training.json": told})
        saved = sorted((p for p in self.root.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
        for stale in saved[:-KEPT]:
            shutil.rmtree(stale, ignore_errors=True)
        return folder

    def zipped(self, folder: Path, into: Path) -> Path:
        """A saved run as one file: <into>/<its name>.zip, or `into` itself if that is named *.zip."""
        archive = into if into.suffix == ".zip" else into / f"{folder.name}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for name in WRITTEN:  # by name: whatever else may lie there stays out
                if (folder / name).is_file() and not (folder / name).is_symlink():
                    file.write(folder / name, name)
        return archive
