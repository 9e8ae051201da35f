"""How ε_θ runs on this machine."""
