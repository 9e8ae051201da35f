"""Algorithm 1: from one gradient step to a run that is saved, resumed and watched."""
