"""Memberships of people in organisations, for themselves or on behalf of another: delegates to a commission, advisers to an office."""
