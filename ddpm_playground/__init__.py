"""DDPM Playground: denoising diffusion probabilistic models one can see, touch and check."""

__version__ = "0.1.0"
