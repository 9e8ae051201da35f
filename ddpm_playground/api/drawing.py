"""The deed that draws pictures from a network: the arrays, a strip and a film of them."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..core import Sampling
from ..core.checks import one_of, whole_number
from ..core.phrase import Refusal
from ..recipe import DEFAULT, MAX_IMAGES, MAX_SEED
from .answers import Answer
from .limits import go_on
from .linking import address_of

if TYPE_CHECKING:
    import torch

    from ..core import Step
    from ..learn.checkpoints.checkpoint import Checkpoint

STEPS = 50
MOST_FRAMES = 48  # of the film
COLUMNS = 8  # of the strip
FRAMES_BYTES = 64 * 2**20
FILES = ("sample.png", "sample.npz", "sample.gif")


def sample(
    checkpoint: str = "mnist",
    label: str = "all",
    num_samples: int = 10,
    sampler: str = "own",
    steps: int = STEPS,
    eta: float = 0.0,
    sigma_w: float = 0.0,
    spacing: str = "trailing",
    clip: bool = True,
    guidance: float = 1.0,
    seed: int = 0,
) -> Answer:
    """Draw pictures from a network (Ho et al. 2020, algorithm 2), as `sample` of the command line does, of few steps.

    Picture i depends on the seed and on i alone. Example: sample("mnist", label="3", num_samples=4, steps=50).

    Args:
        checkpoint: name of a network, as mnist
        label: a class number, all (i mod classes) or none
        num_samples: N, in [1, 64]
        sampler: ddpm, ddim or another of the command line's; own is what the folder's own scheduler does, and becomes
            ddpm where sigma_w, spacing or clip is given
        steps: S, in [1, T]; the command line takes all T
        eta: η of ddim in [0, 1]: 0 no noise, 1 as ddpm
        sigma_w: w of ddpm in [0, 1]: 0 is σ² = β̃, 1 is σ² = β
        spacing: trailing, leading or linspace
        clip: whether the guess of x_0 is kept in [−1, 1]
        guidance: W in [0, 20]; 1 is the network alone
        seed: of x_T and every z

    Returns:
        {"checkpoint", "sha256", "T", "steps", "labels", "visited", "machine", "link"}; visited has the t that a column
        of the strip or a frame of the film shows; link opens the page with these settings
        PNG of the first pictures on their way from x_T to x_0
        npz of images (N,H,W,C) uint8 and labels (N,) int64, as the command line writes it
        GIF of x_t beside the guess of x_0, at most 3 MB
    """
    from ..run import labels_of, shelf
    from ..views.run_title import run_title, told_class

    chosen = _sampling(sampler, eta, sigma_w, steps, spacing, clip)
    whole_number("num_samples", num_samples, 1, MAX_IMAGES)
    whole_number("seed", seed, 0, MAX_SEED)
    network = shelf().load(checkpoint)
    network.check_plain()
    whole_number("steps", steps, 1, network.schedule.T)
    labels = labels_of(label, num_samples, network)
    made = draw(network, checkpoint, labels, chosen, guidance, seed)
    facts = {
        "checkpoint": checkpoint, "sha256": network.sha256, "T": network.schedule.T, "steps": steps,
        "labels": labels.tolist(), "visited": made.ts, "machine": network.described(),
        "link": address_of(
            DEFAULT.with_(
                checkpoint=checkpoint, label=label, guidance=guidance, sampler=chosen.sampler, num_steps=steps,
                spacing=spacing, strength=eta or sigma_w, clip_x_0=clip, seed=seed, num_images=num_samples,
            )
        ),
    }  # fmt: skip
    told = told_class(network.class_names, label)
    title = run_title(checkpoint, told, chosen.sampler, steps, guidance, seed)
    return Answer(facts, made.files(network, labels, title))


def _sampling(sampler: str, eta: float, sigma_w: float, steps: int, spacing: str, clip: bool) -> Sampling:
    """How the chain is sampled, with what the command line refuses."""
    from ..core import SPACINGS

    for name, value, whose in (("eta", eta, "ddim"), ("sigma_w", sigma_w, "ddpm")):
        if not 0.0 <= value <= 1.0:
            raise Refusal("{name} must be in [0, 1], got {got}; pick one in that range", name=name, got=value)
        if value and sampler != whose and not (sampler == "own" and whose == "ddpm"):
            raise Refusal(
                "{name} belongs to the sampler {whose}, got {got}; leave it out", name=name, whose=whose, got=sampler
            )
    one_of("spacing", spacing, SPACINGS)
    if sampler == "own" and (sigma_w or spacing != "trailing" or not clip):
        sampler = "ddpm"
    return Sampling(sampler, eta or sigma_w, steps, spacing, clip)


@dataclass
class Drawn:
    """What a chain has left: some of its frames, x_t and x̂_0 of each, and x_0 at the end.

    Attributes:
        ts: t of each frame, falling, the last 0.
        xs: (N,C,H,W) of each.
        guesses: x̂_0 that came with it, (N,C,H,W); one fewer, since x_0 has none.
    """

    ts: list[int] = field(default_factory=list)
    xs: list["torch.Tensor"] = field(default_factory=list)
    guesses: list["torch.Tensor"] = field(default_factory=list)

    def files(self, network: "Checkpoint", labels: "torch.Tensor", title: str) -> dict[str, bytes]:
        """Strip, arrays and film, which has the title on it."""
        import numpy as np

        from ..learn.data.pictures import to_uint8
        from ..views.film import Film, write_gif
        from ..views.strip import strip_png

        planar, last = network.is_planar, len(self.ts) - 1
        shown = sorted({round(last * k / (COLUMNS - 1)) for k in range(COLUMNS)})
        strip = strip_png([(f"t = {self.ts[i]}", self.xs[i]) for i in shown], planar)
        out = io.BytesIO()
        images = self.xs[-1] if planar else to_uint8(self.xs[-1]).permute(0, 2, 3, 1).contiguous()
        np.savez_compressed(out, allow_pickle=False, images=images.numpy(), labels=labels.numpy())
        film = Film(self.ts, self.xs, lambda i: self.guesses[i] if i < last else self.xs[last], planar, title=title)
        with TemporaryDirectory(prefix="ddpm-film-") as folder:
            path = Path(folder) / "film.gif"
            write_gif(path, film)
            return dict(zip(FILES, (strip, out.getvalue(), path.read_bytes()), strict=True))


def draw(
    network: "Checkpoint", name: str, labels: "torch.Tensor", sampling: Sampling, guidance: float, seed: int
) -> Drawn:
    """The chain, with as many of its frames as a film needs.

    Raises:
        ValueError: see `check_sampling` and `go_on`.
    """
    from ..learn.judging.samples import check_sampling
    from ..run import sampled_steps

    N = len(labels)
    check_sampling(network, labels, sampling, guidance=guidance, seed=seed, batch_size=N)
    sampler, told = network.sampler_for(sampling)
    S = len(sampler.path(network.schedule, told)) - 1
    frame = 2 * 4 * N * network.image_shape[0] * network.image_shape[1] * network.image_shape[2]
    kept = frames_kept(S, max(2, min(MOST_FRAMES, FRAMES_BYTES // frame)))
    made = Drawn()
    for k, step in enumerate(_bounded(sampled_steps(name, labels.tolist(), sampling, guidance, seed))):
        if k in kept:
            made.ts.append(step.t)
            made.xs.append(step.x_t.cpu())
            made.guesses.append(step.x_hat_0.cpu())
        if step.s == 0:
            made.ts.append(0)
            made.xs.append(step.x_s.cpu())
    return made


def frames_kept(num_steps: int, most: int) -> Sequence[int]:
    """Which of the steps 0…S−1 are kept, evenly, the first and the last among them."""
    if num_steps <= most:
        return range(num_steps)
    return sorted({round(k * (num_steps - 1) / (most - 1)) for k in range(most)})


def _bounded(steps: Iterator["Step"]) -> Iterator["Step"]:
    for step in steps:
        go_on()
        yield step
