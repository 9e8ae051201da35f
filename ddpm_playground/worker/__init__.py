"""Work on strangers' input in a process of its own, which has a limit of memory and time and can be ended."""
