"""What calls a running platform over its API."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy import importing
from deploy.commands.options import Address
from deploy.credentials import Credentials
from deploy.options import Options

app = typer.Typer()


@app.command("import")
def command_import(
    file: Annotated[Path, typer.Argument(help="A CSV, TSV, NDJSON or XLSX file.", exists=True, dir_okay=False, readable=True)],
    email: Annotated[str, typer.Option(help="The account to import as.")] = "operator@comity.example",
    preset: Annotated[str, typer.Option(help="How its columns are read; /v1/imports/presets lists what there is.")] = "actors",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate only.")] = False,
    url: Address = None,
) -> None:
    """Load a file through the bulk import, with progress: actors, or what its preset says."""
    address, credentials = url or Options().address, Credentials(Options().folder)
    sys.exit(asyncio.run(importing.import_file(address, file, email=email, password=credentials.password(email), preset=preset, dry_run=dry_run)))


@app.command("token")
def command_token(email: Annotated[str, typer.Argument(help="An account, such as san-diego@comity.example.")], url: Address = None) -> None:
    """Print an access token, for use in other commands."""
    address, credentials = url or Options().address, Credentials(Options().folder)
    typer.echo(asyncio.run(importing.access_token(address, email, credentials.password(email))))
