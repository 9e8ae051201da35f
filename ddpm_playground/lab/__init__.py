"""Schedules from and to diffusers."""
