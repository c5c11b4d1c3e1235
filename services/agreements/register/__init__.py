"""The public projection of what is, or was, in force."""
