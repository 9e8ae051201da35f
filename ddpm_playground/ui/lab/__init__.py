"""The Lab tab: the doctor, and the cards beside it."""
