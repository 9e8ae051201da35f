"""How good a checkpoint is: its samples, its bound, and the project's own reader of digits."""
