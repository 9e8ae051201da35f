"""The best linear filter against noise, from the spectrum of some pictures alone: what a network must beat."""

from dataclasses import dataclass

import torch

from ...core import level_of_log_snr

LEAST_POWER = 1e-8


@dataclass(frozen=True, eq=False)
class LinearDenoiser:
    """The Wiener filter of pictures whose difference from their mean is stationary (Wiener 1949).

    Attributes:
        mean: of the pictures, (1,C,H,W) float64.
        power: of what differs from it at each frequency and channel, a pixel, (1,C,H,W') float64.
    """

    mean: torch.Tensor
    power: torch.Tensor

    @classmethod
    def of(cls, x_0: torch.Tensor) -> "LinearDenoiser":
        """The filter for pictures (N,C,H,W) in [−1, 1], N ≥ 2."""
        x_0 = x_0.double()
        mean = x_0.mean(0, keepdim=True)
        spectrum = torch.fft.rfft2(x_0 - mean, norm="ortho")
        return cls(mean, (spectrum.abs().square().sum(0, keepdim=True) / (len(x_0) - 1)).clamp_min(LEAST_POWER))

    def eps_hat(self, x_0: torch.Tensor, log_snr: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
        """What it takes for the noise in √ᾱ x_0 + √(1−ᾱ) ε, (B,C,H,W) float64; log_snr () in nats."""
        signal, noise = level_of_log_snr(log_snr, x_0)
        away = torch.fft.rfft2(signal * (x_0 - self.mean) + noise * eps, norm="ortho")
        share = noise.square() / (signal.square() * self.power + noise.square())
        return torch.fft.irfft2(share * away, s=x_0.shape[2:], norm="ortho") / noise
