"""Agreements: the work that texts, gates and signatures belong to."""
