"""The networks ε_θ, and what a stranger's would cost."""
