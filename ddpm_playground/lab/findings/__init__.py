"""The examinations, one function for each code."""
