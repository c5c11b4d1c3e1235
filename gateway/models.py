"""Every table of the gateway, so that migrations and constraints see them all."""

from gateway.accounts.models import Account, LoginAttempts
from gateway.base import metadata
from gateway.clients.models import Client
from gateway.tokens.models import RefreshToken, Session, SigningKey

__all__ = ["Account", "Client", "LoginAttempts", "RefreshToken", "Session", "SigningKey", "metadata"]
