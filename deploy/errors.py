"""What stops the platform from starting, said in one line."""

from pydantic import ValidationError


class StartRefused(Exception):
    """The platform cannot start here. The message is one line for a person: what is wrong, and what to do about it."""


def refused_setting(part: str, error: ValidationError) -> StartRefused:
    """The first setting of this part that is missing or wrong, by the name of its variable."""
    first = error.errors()[0]
    name = "_".join(str(step) for step in first["loc"]).upper()
    return StartRefused(f"COMITY_{part.upper()}_{name}: {first['msg']}. docs/settings.md lists every setting.")
