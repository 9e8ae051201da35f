"""What is said on screen, in the reader's language."""
