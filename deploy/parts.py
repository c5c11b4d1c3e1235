"""One part by name, and its settings."""

from importlib import import_module

from pydantic import ValidationError
from pydantic_settings import SettingsError

from deploy.errors import StartRefused, refused_setting
from deploy.platform import MIGRATIONS, SERVICES
from shared.settings import ServiceSettings


def part_named(name: str) -> None:
    """StartRefused when there is no such part."""
    if name not in MIGRATIONS:
        raise StartRefused(f"There is no part {name}. The parts are: {', '.join(MIGRATIONS)}.")


def settings_of(name: str) -> ServiceSettings:
    """The part's settings from the environment; StartRefused names what is missing or wrong."""
    kind: type[ServiceSettings] = import_module("gateway.settings").Settings if name == "gateway" else SERVICES[name].settings
    try:
        return kind()
    except ValidationError as error:
        raise refused_setting(name, error) from error
    except SettingsError as error:
        raise StartRefused(str(error)) from error
