"""Briefings: drafts, their parts and markings, and who may read them."""
