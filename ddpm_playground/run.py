"""From a recipe to its reverse chain: the Run that the Reverse tab, its files and the chapters play."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bridge.driven_sampler import DrivenSampler
from .bridge.known_lines import KnownLines, known_lines
from .core import Sampling, SeededNoise, Step, q_sample, same_noise_t
from .core.checks import whole_number
from .core.later import torch
from .core.phrase import Phrase, Refusal
from .engine.spaces import STEP_TIMES, StepTime, shared_gpu, with_shared_gpu
from .learn.checkpoints.store import Shelf
from .learn.data.pictures import MAX_SAMPLES, bundled_digits
from .recipe import POINTS_PER_IMAGE, Recipe, schedule_of

if TYPE_CHECKING:
    from .learn.checkpoints.checkpoint import Checkpoint

MAX_DIGITS = 20  # of a class's number


@dataclass(frozen=True, eq=False)
class Start:
    """A picture to denoise from, instead of pure noise at the first step.

    Attributes:
        t: where it stands on the schedule that noised it.
        x_t: (C,H,W).
        alpha_bar: ᾱ_t of that schedule; the chain begins at the checkpoint's t of the nearest SNR. None where
            t is the checkpoint's own.
    """

    t: int
    x_t: torch.Tensor
    alpha_bar: float | None = None


def start_of(recipe: Recipe) -> Start | None:
    """Forward's x_t of a recipe: its digit and noise in one step (Ho et al. 2020, eq. 4); None for t = 0."""
    if recipe.t == 0:
        return None
    schedule, x_0 = schedule_of(recipe), bundled_digits().x_0(slice(recipe.digit, recipe.digit + 1))
    eps = SeededNoise(recipe.noise_seed, [0], x_0.shape[1:])()
    x_t = q_sample(schedule, x_0, recipe.t, eps)[0]
    return Start(recipe.t, x_t, float(schedule.alpha_bars[recipe.t]))


@dataclass(frozen=True)
class StepNumbers:
    """The numbers of one step t → s as the screen shows them; None where the sampler has no such number.

    Attributes:
        own_sigma: whether σ is the network's own, another at each pixel, and known once the step is taken.
        earlier: see `RuleNumbers`, as are `earlier_eps` and `measured`.
    """

    t: int
    s: int
    alpha_bar: float
    snr: float
    sigma: float | None
    coefficients: tuple[float, float, float] | None
    line_4: tuple[float, float] | None
    own_sigma: bool = False
    earlier: tuple[float, ...] = ()
    earlier_eps: bool = False
    measured: bool = False

    def facts(self) -> dict[str, Any]:
        """As JSON, by the names that the player and saved runs have for them."""
        names = {"coefficients": "coef", "line_4": "line4"}
        return {names.get(field.name, field.name): getattr(self, field.name) for field in fields(self)}


@cache
def shelf() -> Shelf:
    """The checkpoints of this process."""
    return Shelf()


class Run:
    """A recipe made ready: its network, labels and path; iterate for the Steps.

    Args:
        recipe: what to run.
        start: where to start, or None for x_T ~ N(0, I).
        condition: a file with what the network is shown beside x_t, where it takes such; see `read_condition`.

    Attributes:
        shown: what was done to the condition.
        count: N, how many chains run side by side.
        clip_x_0: whether x̂_0 is clipped to ±1; points in the plane and latents never are by the samplers here.

    Raises:
        ValueError: no such checkpoint or class, more steps than T, or a start of another shape.
    """

    def __init__(self, recipe: Recipe, start: Start | None = None, condition: Path | None = None) -> None:
        self.recipe, self.start = recipe, start
        self.checkpoint: Checkpoint = shelf().load(recipe.checkpoint)
        self.shown: tuple[Phrase, ...] = ()
        if condition is not None:
            from .learn.checkpoints.condition import with_condition  # which imports torch

            self.checkpoint, self.shown = with_condition(self.checkpoint, condition)
        self.schedule = self.checkpoint.schedule
        planar = self.checkpoint.is_planar
        self.count = recipe.num_images * (POINTS_PER_IMAGE if planar else 1)
        asked = replace(recipe.sampling, clip_x_0=recipe.clip_x_0 and self.checkpoint.is_bounded)
        self.sampler, self.sampling = self.checkpoint.sampler_for(asked)
        own = self.sampler.clips_at_1 if isinstance(self.sampler, DrivenSampler) else None
        self.clip_x_0 = self.sampling.clip_x_0 if own is None else own
        self.labels = labels_of(recipe.label, self.count, self.checkpoint)
        self.shape = self.checkpoint.image_shape
        if start is not None and planar:
            raise Refusal(
                "the network of {checkpoint} makes points in the plane, not pictures; start from noise, or choose "
                "another checkpoint", checkpoint=repr(recipe.checkpoint),
            )  # fmt: skip
        if start is not None and self.checkpoint.latents is not None:
            raise Refusal(
                "the network of {checkpoint} draws latents, not pictures; start from noise, or choose another one",
                checkpoint=repr(recipe.checkpoint),
            )
        if start is not None:
            if tuple(start.x_t.shape) != self.shape:
                raise Refusal(
                    "the network of {checkpoint} knows pictures of {shape}, the picture is {shape_2}; choose that "
                    "size and colour for x_0 in Forward first", checkpoint=repr(recipe.checkpoint),
                    shape=_shape_text(self.shape), shape_2=_shape_text(tuple(start.x_t.shape)),
                )  # fmt: skip
            if start.alpha_bar is not None:
                self.start = start = replace(start, t=same_noise_t(self.schedule, start.alpha_bar), alpha_bar=None)
            if not 1 <= start.t <= self.schedule.T:
                raise Refusal(
                    "to denoise, t must be in [1, {T}] on this checkpoint's schedule, got {got}; move t",
                    T=self.schedule.T, got=start.t,
                )  # fmt: skip
        self.path = self.sampler.path(self.schedule, self.sampling, self.start.t if self.start else None)

    @property
    def asked_of(self) -> int:
        """Of how many pictures the network is asked at each step: with guidance of twice as many as are drawn."""
        return self.count * (2 if is_guided(self.recipe, self.checkpoint) else 1)

    def __iter__(self) -> Iterator[Step]:
        recipe, device = self.recipe, self.checkpoint.device
        noise = SeededNoise(recipe.seed, range(self.count), self.shape, device)
        x = noise()
        if self.start is not None:
            x = self.start.x_t.to(device).expand(self.count, *self.shape).clone()
        predict = self.checkpoint.predictor(recipe.guidance)
        yield from self.sampler.steps(
            self.schedule, predict, x, noise, self.sampling,
            reverse=self.checkpoint.reverse,
            label=self.labels.to(device),
            start_t=self.start.t if self.start else None,
        )  # fmt: skip

    @cached_property
    def known_lines(self) -> KnownLines | None:
        """What a scheduler of diffusers does, in the papers' words; None for a sampler that says it itself."""
        if not isinstance(self.sampler, DrivenSampler):
            return None
        return known_lines(self.sampler, self.schedule, self.sampling, self.start.t if self.start else None)

    def numbers(self, t: int, s: int) -> StepNumbers:
        """What stands beside the pictures of the step t → s."""
        alpha_bar, snr = float(self.schedule.alpha_bars[t]), float(self.schedule.snr[t])
        lines = self.known_lines
        known = self.sampler.numbers(self.schedule, self.sampling, t, s) if lines is None else lines.numbers.get((t, s))
        if known is None:
            return StepNumbers(t, s, alpha_bar, snr, None, None, None)
        own = s > 0 and self.sampling.add_noise and self.says_sigma
        return StepNumbers(
            t, s, alpha_bar, snr, None if own else known.sigma, known.coefficients, known.line_4, own,
            known.earlier, known.earlier_eps, known.measured,
        )  # fmt: skip

    @property
    def says_sigma(self) -> bool:
        """Whether σ is the network's own: it says one, and the sampler takes it."""
        return self.checkpoint.variance_type is not None and getattr(self.sampler, "takes_variance", False)


def is_guided(recipe: Recipe, checkpoint: Checkpoint) -> bool:
    """Whether the network is asked with and without the class."""
    null = bool(checkpoint.class_names) and checkpoint.has_null_class
    return null and recipe.guidance != 1.0


def _on_cpu(steps: Iterator[Step]) -> Iterator[Step]:
    """Steps with every tensor on the CPU."""
    for step in steps:
        values = ((field.name, getattr(step, field.name)) for field in fields(step))
        yield replace(step, **{name: value.cpu() for name, value in values if isinstance(value, torch.Tensor)})


def _chain_on_cpu(recipe: Recipe, start: Start | None) -> Iterator[Step]:
    """The chain of a recipe, for a worker process that has the GPU only while it runs."""
    yield from _on_cpu(iter(Run(recipe, start)))


def _chain_s(recipe: Recipe, start: Start | None) -> int:
    return STEP_TIMES.seconds(recipe.checkpoint, recipe.num_steps, recipe.num_images)


def _samples_on_cpu(
    checkpoint: str, labels: list[int], sampling: Sampling, guidance: float, seed: int
) -> Iterator[Step]:
    """The chain of `sample`, for a worker process that has the GPU only while it runs."""
    from .learn.judging.samples import chain

    network = shelf().load(checkpoint)
    chosen, indices = torch.tensor(labels), range(len(labels))
    yield from _on_cpu(chain(network, indices, chosen, sampling, guidance=guidance, seed=seed))


def _samples_s(checkpoint: str, labels: list[int], sampling: Sampling, guidance: float, seed: int) -> int:
    return STEP_TIMES.seconds(checkpoint, sampling.num_steps or 1000, len(labels))


# Decorated as this module is imported, which is before the page is served: a Space counts them when it starts.
_lent_chain = with_shared_gpu(_chain_on_cpu, _chain_s)
_lent_samples = with_shared_gpu(_samples_on_cpu, _samples_s)


def steps_of(run: Run) -> Iterator[Step]:
    """The run's steps; on a Hugging Face Space with a shared GPU, from a worker that holds that GPU."""
    if shared_gpu() is None:
        return STEP_TIMES.measured(run.checkpoint.timed_as, run.asked_of, iter(run))
    lent = _lent_chain(run.recipe, run.start)
    return STEP_TIMES.measured(run.recipe.checkpoint, run.recipe.num_images, lent)


def sampled_steps(checkpoint: str, labels: list[int], sampling: Sampling, guidance: float, seed: int) -> Iterator[Step]:
    """The steps of `learn.judging.samples.chain` with their tensors on the CPU; where a GPU is lent, from its worker.

    Args:
        checkpoint: its name.
        labels: class of each picture, −1 for none.
        sampling: as `sample` takes it.
        guidance: W in [0, 20].
        seed: picture i depends on it and on i alone.
    """
    return STEP_TIMES.measured(checkpoint, len(labels), _lent_samples(checkpoint, labels, sampling, guidance, seed))


def last_step_time(timed_as: str, name: str) -> StepTime | None:
    """What a step of a checkpoint took here last; None where it was not measured.

    Args:
        timed_as: see `Checkpoint.timed_as`.
        name: of the checkpoint, which names what a lent GPU took.
    """
    return STEP_TIMES.known(timed_as if shared_gpu() is None else name)


def _shape_text(shape: tuple[int, ...]) -> Phrase:
    C, H, W = shape
    if C == 1:
        return Phrase("{H}×{W} grey, 1 channel", H=H, W=W)
    if C == 3:
        return Phrase("{H}×{W} colour, 3 channels", H=H, W=W)
    return Phrase("{H}×{W}, {C} channels", H=H, W=W, C=C)


def labels_of(label: str, count: int, checkpoint: Checkpoint) -> torch.Tensor:
    """Class of each of `count` pictures, (count,) int64: "all" is i mod the number of classes, "none" is −1.

    Raises:
        ValueError: a class that the checkpoint does not have, or a count out of range.
    """
    whole_number("the number of samples", count, 1, MAX_SAMPLES)
    num_classes = len(checkpoint.class_names)
    if label == "none" and checkpoint.needs_label:
        raise Refusal(
            "this network has a class for each picture and none that stands for no class; label must be all or in "
            "[0, {most}]; pick one of these", most=num_classes - 1,
        )  # fmt: skip
    if label == "none" or (label == "all" and num_classes == 0):
        return torch.full((count,), -1)
    if label == "all":
        return torch.arange(count) % num_classes
    if not label.isdecimal() or len(label) > MAX_DIGITS or int(label) >= num_classes:
        shown = label if len(label) <= MAX_DIGITS else f"{label[:MAX_DIGITS]}…"
        if num_classes == 0:
            raise Refusal("this network has no classes; label must be all or none, got {got}", got=repr(shown))
        raise Refusal(
            "label must be all, none or in [0, {num_classes}], got {got}; pick one of these",
            num_classes=num_classes - 1, got=repr(shown),
        )  # fmt: skip
    return torch.full((count,), int(label))
