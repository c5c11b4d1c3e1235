"""Checks of counterparts and flags on them: what was asked, what is known, and who decided why."""
