"""Trained weights as files: diffusers pipeline folders, safetensors only."""
