"""How an exchange with a service can end without a whole answer."""


class Lost(Exception):
    """The connection was closed before the answer was complete."""


class TooSlow(Exception):
    """Nothing moved for longer than is waited, or the whole took too long."""


class Unreadable(Exception):
    """The answer can be read in two ways, or in none."""


class ClientGone(Exception):
    """Nobody waits for the answer any more."""
