"""The Train tab: who owns which live training, and what is said of it."""
