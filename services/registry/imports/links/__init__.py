"""Imports of what is said of actors that are known already: ties between two of them, official domains, further identifiers.

A row names each actor by an identifier, or by its name and where it is. Nobody is guessed: a side that does not fit exactly one actor
becomes a suggestion, which a person resolves.
"""
