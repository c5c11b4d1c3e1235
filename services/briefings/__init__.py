"""Briefings: briefings down, acknowledgements up, the per-recipient delivery ledger."""
