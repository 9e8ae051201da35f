"""Learning ε_θ: data, network, Algorithm 1, checkpoints, evaluation."""
