"""What stops the platform from starting, said in one line."""


class StartRefused(Exception):
    """The platform cannot start here. The message is one line for a person: what is wrong, and what to do about it."""
