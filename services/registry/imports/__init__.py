"""Imports: whole files of actors, checked and applied together or not at all."""
