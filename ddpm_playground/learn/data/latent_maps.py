"""Linear maps from an autoencoder's latents to colours: published ones, and ones that are fitted."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.later import torch
from ...core.phrase import Phrase

Rows = tuple[tuple[float, ...], ...]
# name → (4×3 weights, RGB offsets), latents as the network draws them → colours in −1…1
LATENT_MAPS: dict[str, tuple[Rows, tuple[float, ...]]] = {
    # "Decoding latents to RGB without upscaling", discuss.huggingface.co/t/23204
    "Stable Diffusion 1": (
        ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473)),
        (0.0, 0.0, 0.0),
    ),
    # "Explaining the SDXL latent space", huggingface.co/blog/TimothyAlexisVass; as diffusers' guide to callbacks has it
    "Stable Diffusion XL": (
        tuple(tuple(w / 127.5 for w in row) for row in ((60, 60, 60), (-60, -5, 10), (25, 15, -5), (-70, -50, -35))),
        tuple(b / 127.5 - 1.0 for b in (150, 140, 130)),
    ),
}


@dataclass(frozen=True)
class LinearMap:
    """RGB = W z + b at each place, of latents z of C channels.

    Attributes:
        weights: C rows of three, what a channel adds to red, green and blue.
        offset: b, three numbers; colours lie in −1…1.
        source: where it comes from, as a sentence's end.
    """

    weights: Rows
    offset: tuple[float, ...]
    source: Phrase

    @property
    def channels(self) -> int:
        """C."""
        return len(self.weights)

    def colours(self, z: torch.Tensor) -> torch.Tensor:
        """(N,C,H,W) → (N,3,H,W), in −1…1 where the latents are those of pictures."""
        weights = torch.tensor(self.weights, dtype=torch.float32, device=z.device)
        offset = torch.tensor(self.offset, dtype=torch.float32, device=z.device)
        return torch.einsum("nchw,cr->nrhw", z.float(), weights) + offset[:, None, None]


def published(name: str) -> LinearMap:
    """One of LATENT_MAPS."""
    return LinearMap(*LATENT_MAPS[name], Phrase("published for {name}", name=name))


def fitted_to_pictures(z: torch.Tensor, pictures: torch.Tensor) -> tuple[LinearMap, float]:
    """The least squares' map from latents (N,C,h,w) to what was decoded of them, and its R².

    Args:
        z: latents.
        pictures: decoded of them, (N,1 or 3,H,W), H and W multiples of h and w; each place's mean is what is fitted.
    """
    means = torch.nn.functional.adaptive_avg_pool2d(pictures.double().clamp(-1, 1), (z.shape[2], z.shape[3]))
    means = means.expand(-1, 3, -1, -1).movedim(1, -1).reshape(-1, 3)
    rows = z.double().movedim(1, -1).reshape(-1, z.shape[1])
    design = torch.cat([rows, torch.ones_like(rows[:, :1])], 1)
    found = torch.linalg.lstsq(design, means).solution
    left, all_of_it = ((means - design @ found) ** 2).sum(), ((means - means.mean(0)) ** 2).sum()
    explained = 1.0 - float(left / all_of_it) if float(all_of_it) > 0 else 0.0
    weights, offset = found[:-1], found[-1]
    source = Phrase("fitted to what its own autoencoder makes of noise, R² = {r2}", r2=f"{max(0.0, explained):.2f}")
    return LinearMap(_rows(weights), tuple(map(float, offset)), source), explained


def principal(z: torch.Tensor, source: Phrase) -> LinearMap:
    """The map to the first three principal axes of latents (N,C,H,W), ±2 as −1…1, as latents are of variance about 1.

    Axes are signed so that the largest weight of each is positive; of fewer than three channels the last colours stay
    grey.

    Args:
        z: latents.
        source: see `LinearMap`.
    """
    rows = z.double().movedim(1, -1).reshape(-1, z.shape[1])
    centred = rows - rows.mean(0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    axes = vectors.flip(1)[:, :3]
    axes = axes * axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
    weights = torch.nn.functional.pad(axes / 2, (0, 3 - axes.shape[1]))
    return LinearMap(_rows(weights), (0.0, 0.0, 0.0), source)


def _rows(weights: torch.Tensor) -> Rows:
    return tuple(tuple(map(float, row)) for row in weights)
