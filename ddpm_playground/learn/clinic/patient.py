"""A network with the pictures, levels and noises that it is examined with."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch

from ...core import Prediction, joined_prediction, level_of_log_snr, mapped_prediction, q_sample, stream_seed
from ..checkpoints.checkpoint import Checkpoint
from ..networks.unet import NetworkEps
from .assumption import Assumption, Clock, clock_of
from .linear_denoiser import LinearDenoiser
from .seen_pictures import SeenPictures
from .snr_levels import SnrLevels, even_levels, joined, span, steep_levels

CURVE_LEVELS = 12  # of the curves, 3 a quarter of the log SNR
SEARCH_LEVELS, STEEP_LEVELS = 8, 4  # where assumptions are tried
SCREENED = 12  # pictures that assumptions are chosen on, at most a third; the others confirm
MOST_NUMBERS = 2**18  # of pictures that are shown at once
MOST_TOGETHER = 64
FILTERED = 500
MOST_KEPT = 2**24  # numbers of noises


@dataclass(frozen=True, eq=False)
class Asked:
    """What a network was asked and said, for n pictures at K levels, (n,K,C,H,W) each.

    Attributes:
        eps: the noise.
        prediction: ε̂ and x̂_0, and what it says of σ².
        x_0: the pictures, (n,1,C,H,W).
    """

    eps: torch.Tensor
    prediction: Prediction
    x_0: torch.Tensor


@dataclass(frozen=True, eq=False)
class Patient:
    """A checkpoint and what it is examined with.

    Attributes:
        checkpoint: whose network runs eagerly, as it is told t between whole numbers too.
        seen: held-out pictures.
        seed: of the noises; that of a picture at a level depends on the seed, its place and the level alone.
        spare: further held-out pictures, on which an order of classes is fitted; None where there are none.
        train: pictures that it was trained on; None where there are none.
        raw: the weights beside averaged ones, as a checkpoint; None where there are none.
        progress: is called with how many pictures were shown.
    """

    checkpoint: Checkpoint
    seen: SeenPictures
    seed: int = 0
    spare: SeenPictures | None = None
    train: SeenPictures | None = None
    raw: Checkpoint | None = None
    progress: Callable[[int], Any] = field(default=lambda count: None)

    @cached_property
    def curve(self) -> SnrLevels:
        """The levels of the curves."""
        return even_levels(self.checkpoint.schedule, CURVE_LEVELS)

    @cached_property
    def levels(self) -> SnrLevels:
        """Where assumptions are tried."""
        schedule = self.checkpoint.schedule
        return joined(schedule, even_levels(schedule, SEARCH_LEVELS), steep_levels(schedule, STEEP_LEVELS))

    @cached_property
    def screen(self) -> torch.Tensor:
        """Which pictures assumptions are chosen on."""
        return torch.arange(min(SCREENED, max(1, len(self.seen) // 3)))

    @cached_property
    def rest(self) -> torch.Tensor:
        """Which pictures confirm what was chosen."""
        return torch.arange(len(self.screen), len(self.seen))

    @cached_property
    def own_clock(self) -> Clock:
        """The schedule's own t of a log SNR."""
        return clock_of(self.checkpoint.schedule)

    @cached_property
    def whole_t(self) -> bool:
        """Whether the network can only be told whole t's of its table."""
        return self.checkpoint.unet.config["time_embedding_type"] == "learned"

    def errors(
        self, assumption: Assumption, who: torch.Tensor, log_snr: torch.Tensor, seen: SeenPictures | None = None
    ) -> torch.Tensor:
        """Mean of (ε − ε̂)² of n pictures at K levels, (n,K) float64; NaN where the schedule has no such level.

        Args:
            assumption: how they are given.
            who: places among the pictures, (n,) int64.
            log_snr: the levels, (K,).
            seen: other pictures than the held-out ones.
        """
        seen = self.seen if seen is None else seen
        found = torch.full((len(who), len(log_snr)), torch.nan, dtype=torch.float64)
        inside = self._inside(assumption, log_snr)
        pairs = [(i, k) for i in range(len(who)) for k in range(len(log_snr)) if inside[k]]
        together = self.together
        for start in range(0, len(pairs), together):
            part = torch.tensor(pairs[start : start + together])
            eps = self.noise_at(seen, who[part[:, 0]], part[:, 1], log_snr)
            prediction, eps = self._ask(assumption, seen, who[part[:, 0]], log_snr[part[:, 1]], eps)
            error = (eps - prediction.eps_hat).double().square().flatten(1).mean(1)
            found[part[:, 0], part[:, 1]] = error.cpu()
            self.progress(len(part))
        return found

    @cached_property
    def linear(self) -> LinearDenoiser:
        """The linear filter that a network must beat, of up to FILTERED held-out pictures."""
        spare = [] if self.spare is None else [self.spare.x_0]
        return LinearDenoiser.of(torch.cat([self.seen.x_0, *spare])[:FILTERED])

    def linear_errors(self, seen: SeenPictures, who: torch.Tensor, log_snr: torch.Tensor) -> torch.Tensor:
        """The filter's mean of (ε − ε̂)² on the same pictures and noises, (n,K) float64."""
        columns = []
        for k in range(len(log_snr)):
            eps = self.noise_at(seen, who, torch.full((len(who),), k), log_snr).double()
            away = eps - self.linear.eps_hat(seen.x_0[who].double(), log_snr[k], eps)
            columns.append(away.square().flatten(1).mean(1))
        return torch.stack(columns, 1)

    def asked(self, assumption: Assumption, who: torch.Tensor, log_snr: torch.Tensor, level: int) -> Asked:
        """What the network says of n pictures at one of the levels, (n,C,H,W) each, on the CPU in float64."""
        parts = []
        for one in who.split(self.together):
            at = torch.full((len(one),), level)
            eps = self.noise_at(self.seen, one, at, log_snr)
            prediction, eps = self._ask(assumption, self.seen, one, log_snr[at], eps)
            parts.append((eps.cpu().double(), mapped_prediction(prediction, lambda value: value.cpu().double())))
            self.progress(len(one))
        noises, predictions = zip(*parts, strict=True)
        return Asked(torch.cat(noises), joined_prediction(predictions, torch.cat), self.seen.x_0[who].double())

    def with_weights_of(self, checkpoint: Checkpoint) -> "Patient":
        """Another checkpoint examined with the same pictures, noises and levels."""
        return replace(self, checkpoint=checkpoint)

    @property
    def together(self) -> int:
        """How many pictures are shown at once."""
        numbers = self.seen.x_0[0].numel()
        return max(1, min(MOST_TOGETHER, MOST_NUMBERS // numbers))

    def _inside(self, assumption: Assumption, log_snr: torch.Tensor) -> torch.Tensor:
        low, high = span(self.checkpoint.schedule)
        at = assumption.level(log_snr)
        return (at >= low - 1e-6) & (at <= high + 1e-6)

    def noise_at(
        self, seen: SeenPictures, who: torch.Tensor, level: torch.Tensor, log_snr: torch.Tensor
    ) -> torch.Tensor:
        """The noises of some pictures at some levels, which are known by their log SNR, (B,C,H,W)."""
        draws = [
            self._draw(seen, int(seen.places[i]), round(float(log_snr[k]), 6))
            for i, k in zip(who.tolist(), level.tolist(), strict=True)
        ]
        return torch.stack(draws)

    def _draw(self, seen: SeenPictures, place: int, log_snr: float) -> torch.Tensor:
        """One noise, (C,H,W); those drawn before are kept, as every assumption meets them, up to MOST_KEPT numbers."""
        kept, shape = self._kept, seen.x_0.shape[1:]
        if (place, log_snr) not in kept:
            generator = torch.Generator().manual_seed(stream_seed(self.seed, "clinic", place, str(log_snr)))
            drawn = torch.randn(shape, generator=generator)
            if (len(kept) + 1) * drawn.numel() > MOST_KEPT:
                return drawn
            kept[place, log_snr] = drawn
        return kept[place, log_snr]

    @cached_property
    def _kept(self) -> dict[tuple[int, float], torch.Tensor]:
        return {}

    def _ask(
        self, assumption: Assumption, seen: SeenPictures, who: torch.Tensor, log_snr: torch.Tensor, eps: torch.Tensor
    ) -> tuple[Prediction, torch.Tensor]:
        """The network's prediction of (B,C,H,W), read as assumed, and the ε that it should be."""
        checkpoint, device = self.checkpoint, self.checkpoint.device
        x_0, label = seen.x_0[who] * assumption.scale + assumption.offset, seen.labels[who]
        if assumption.channels is not None:
            order = list(assumption.channels)
            x_0 = x_0[:, order]
            if len(set(order)) == len(order):  # a channel that stands twice still has a noise of its own at each place
                eps = eps[:, order]
        if assumption.labels is not None:
            label = torch.tensor(assumption.labels)[label]
        at = assumption.level(log_snr)
        t = (assumption.clock or self.own_clock)(at)
        t = t.round().clamp(1, checkpoint.schedule.T).long() if self.whole_t else t.float()
        x_0, eps, t, label = (one.to(device) for one in (x_0, eps, t, label))
        level = level_of_log_snr(at, x_0)
        x_t = q_sample(checkpoint.schedule, x_0, level, eps)
        predictor = self._predictor
        value = predictor.output(x_t, t, label if checkpoint.class_names else None)
        said = assumption.prediction_type or checkpoint.prediction_type
        return predictor.read(x_t, level, value, said), eps

    @cached_property
    def _predictor(self) -> NetworkEps:
        return replace(self.checkpoint, network=None).predictor()
