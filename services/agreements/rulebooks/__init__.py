"""Rulebooks: the law of each jurisdiction as data."""
