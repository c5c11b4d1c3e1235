"""Actors: governments and bodies, their names, identifiers and parents over time."""
