"""`comity serve`: each part as a process of its own, configured by the environment."""

import gc
import os
from importlib import import_module
from typing import Any

import httpx

from deploy.draining import Draining, DrainingServer
from deploy.errors import StartRefused
from deploy.exporting import exporting
from deploy.options import port_named
from deploy.parts import part_named, settings_of
from deploy.platform import SERVICES
from deploy.protocol import server_config
from shared import logs
from shared.access import Verifier
from shared.clients import published_keys
from shared.settings import ServiceSettings

LONGEST_ANSWER = 20  # seconds that requests have once the process takes no more of them


def serve(name: str) -> None:
    """Serve one part until a signal comes; StartRefused when its settings are missing."""
    part_named(name)
    host, port = os.environ.get("COMITY_HOST", "127.0.0.1"), port_named()
    settings = settings_of(name)
    logs.configure(settings.log_level)
    draining = Draining(_application(name, settings))
    config = server_config(draining, host, port, last_answers=LONGEST_ANSWER)
    gc.freeze()  # what a process is made of outlives every request: no collection needs to look at it
    with exporting(name):
        DrainingServer(config, draining, seconds=_drain_seconds()).run()


def _drain_seconds() -> float:
    value = os.environ.get("COMITY_DRAIN_SECONDS") or "2"
    if not value.isdigit():
        raise StartRefused(f"COMITY_DRAIN_SECONDS is {value!r}. Give whole seconds.")
    return float(value)


def _application(name: str, settings: ServiceSettings) -> Any:
    """Of this part only: a service does without the gateway's modules, and the gateway without the services'."""
    if name == "gateway":
        return import_module("deploy.fronting").application(settings)
    keys = published_keys(httpx.AsyncClient(base_url=settings.gateway_url))
    return SERVICES[name].create_app(settings, Verifier(keys))
