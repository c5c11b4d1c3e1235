"""Every table of this service, so that migrations and constraints see them all."""

from services.agreements.agreements.models import Action, Agreement, Party
from services.agreements.base import metadata
from services.agreements.gates.models import Gate, GateDecision
from services.agreements.signatures.models import Signature
from services.agreements.texts.models import Text

__all__ = ["Action", "Agreement", "Gate", "GateDecision", "Party", "Signature", "Text", "metadata"]
