"""Experiments: two runs beside each other, branches of one, and pictures of one's own."""
