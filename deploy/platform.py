"""The parts of the platform by name. This is the only module that knows them all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI

import gateway
import services.agreements.app
import services.agreements.settings
import services.agreements.worker
import services.briefings.app
import services.briefings.settings
import services.briefings.worker
import services.registry.app
import services.registry.settings
import services.registry.worker
from shared.access import Verifier
from shared.clients import MachineClient
from shared.database import Database
from shared.settings import ServiceSettings
from shared.worker import Loop


@dataclass(frozen=True)
class Part:
    """One service: how it is configured, served, worked and migrated."""

    name: str
    settings: type[ServiceSettings]
    create_app: Callable[[Any, Verifier], FastAPI]
    loops: Callable[[Database, MachineClient], Mapping[str, Loop]]
    migrations: Path

    @property
    def database(self) -> str:
        return f"comity_{self.name}"


def _folder(package: Any) -> Path:
    return Path(package.__file__).parent / "migrations"


SERVICES: dict[str, Part] = {
    "registry": Part(
        "registry",
        services.registry.settings.Settings,
        services.registry.app.create_app,
        lambda database, client: services.registry.worker.loops(database),
        _folder(services.registry.app),
    ),
    "agreements": Part(
        "agreements",
        services.agreements.settings.Settings,
        services.agreements.app.create_app,
        services.agreements.worker.loops,
        _folder(services.agreements.app),
    ),
    "briefings": Part(
        "briefings",
        services.briefings.settings.Settings,
        services.briefings.app.create_app,
        services.briefings.worker.loops,
        _folder(services.briefings.app),
    ),
}
MIGRATIONS: dict[str, Path] = {**{name: part.migrations for name, part in SERVICES.items()}, "gateway": _folder(gateway)}
DATABASES: dict[str, str] = {name: f"comity_{name}" for name in MIGRATIONS}
