"""Query by example: who is meant, how sure that is, and why."""
