"""Releases: the second person's decision, and the frozen audience."""
