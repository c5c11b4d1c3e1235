"""Every table of this service, so that migrations and constraints see them all."""

from services.briefings.base import metadata
from services.briefings.briefings.models import Briefing, Part
from services.briefings.deliveries.models import Delivery, Omission
from services.briefings.releases.models import Release

__all__ = ["Briefing", "Delivery", "Omission", "Part", "Release", "metadata"]
