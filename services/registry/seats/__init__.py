"""Seats: the posts of an actor, who holds them when, and where they are reached."""
