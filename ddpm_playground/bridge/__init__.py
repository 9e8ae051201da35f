"""What is taken from diffusers and given to it: its configs, its scheduler classes, its samplers."""
