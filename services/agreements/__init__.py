"""Agreements: agreements and MOUs: texts, rules, gates, signatures and the public register."""
