"""The gateway as a process of its own, before services in other processes."""

from typing import Any

from deploy.errors import StartRefused
from deploy.platform import SERVICES
from gateway.app import create_app
from gateway.proxy import HttpUpstream
from gateway.proxying.doors import Doors, known_scopes
from gateway.settings import Settings


def application(settings: Settings) -> Any:
    """The gateway's application; StartRefused when it is not said where a service answers."""
    missing = [service for service in SERVICES if service not in settings.upstreams]
    if missing:
        raise StartRefused(f'Say where these services answer: COMITY_GATEWAY_UPSTREAMS=\'{{"{missing[0]}": "http://host:port", …}}\'')
    doors = Doors(known_scopes())
    return create_app(settings, {service: HttpUpstream(settings.upstreams[service], doors=doors) for service in SERVICES})
