"""The service's events as records that can be read: one row a change."""

from services.registry.base import Base
from shared.events import events


class Change(Base):
    """A row of `events`; nothing is ever written through it."""

    __table__ = events
