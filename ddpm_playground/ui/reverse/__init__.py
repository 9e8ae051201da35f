"""The Reverse tab: who runs which chain, and what the player is told of it."""
