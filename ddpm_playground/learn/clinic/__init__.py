"""Whether a network is well: its errors level by level, and which named mistake explains them."""
