"""Engagements: who met whom, where, about what, what came of it and what is still to be done."""
