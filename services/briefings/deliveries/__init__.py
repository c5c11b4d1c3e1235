"""The delivery ledger: one row per release, seat and channel."""
