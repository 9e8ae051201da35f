"""The page as a whole: its settings, its components and what runs in it first."""
