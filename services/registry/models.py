"""Every table of this service, so that migrations and constraints see them all."""

from services.registry.base import metadata

__all__ = ["metadata"]
