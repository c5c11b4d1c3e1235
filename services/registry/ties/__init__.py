"""Ties between actors: typed, dated, symmetric or directed, asleep when nothing happens, and the graph they make."""
