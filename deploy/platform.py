"""The parts of the platform by name. Nothing but this module and what it names knows them all.

A part is imported when it is first asked for: a process that runs one of them does not hold the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from shared.access import Verifier
from shared.clients import MachineClient
from shared.database import Database
from shared.settings import ServiceSettings
from shared.worker import Loop

HOUSE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Part:
    """One service: how it is configured, served, worked and migrated."""

    name: str

    @property
    def settings(self) -> type[ServiceSettings]:
        return self._of("settings").Settings  # type: ignore[no-any-return]

    @property
    def migrations(self) -> Path:
        return HOUSE / "services" / self.name / "migrations"

    def create_app(self, settings: Any, verifier: Verifier) -> FastAPI:
        """The service's application."""
        return self._of("app").create_app(settings, verifier)  # type: ignore[no-any-return]

    def loops(self, database: Database, client: MachineClient) -> Mapping[str, Loop]:
        """The loops of the service's worker, which follows another service as `client`."""
        return self._of("worker").loops(database, client)  # type: ignore[no-any-return]

    def _of(self, module: str) -> Any:
        return import_module(f"services.{self.name}.{module}")


SERVICES: dict[str, Part] = {part.name: part for part in (Part("registry"), Part("agreements"), Part("briefings"))}
MIGRATIONS: dict[str, Path] = {**{name: part.migrations for name, part in SERVICES.items()}, "gateway": HOUSE / "gateway" / "migrations"}
DATABASES: dict[str, str] = {name: f"comity_{name}" for name in MIGRATIONS}
