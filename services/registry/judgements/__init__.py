"""Which actors are the same: people judge, a graph follows, and nothing is moved that could not go back."""
