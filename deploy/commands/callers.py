"""What calls a running platform over its API."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy import importing
from deploy.commands.options import Address
from deploy.credentials import Credentials
from deploy.options import Options
from deploy.words import of_shell
from shared.languages import Language

app = typer.Typer()


@app.command("import")
def command_import(  # noqa: PLR0913 - an option each
    file: Annotated[Path, typer.Argument(help="A CSV, TSV, NDJSON or XLSX file, as it is or packed by gzip.", exists=True, dir_okay=False, readable=True)],
    email: Annotated[str, typer.Option(help="The account to import as.")] = "operator@comity.example",
    preset: Annotated[str, typer.Option(help="How its columns are read; /v1/imports/presets lists what there is.")] = "actors",
    source: Annotated[
        str | None, typer.Option(help="Whose file it is, such as inegi: the next one of it says whom it no longer lists. The preset, unless said.")
    ] = None,
    retire: Annotated[bool, typer.Option("--retire", help="Dissolve whom the source brought, this file no longer lists, and no other source lists.")] = False,
    retire_at_most: Annotated[
        int | None, typer.Option(min=0, help="How many may be dissolved; unless said ten, or a fifth of the rows where that is more.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook (XLSX) to read; the first, unless said.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate only: say what is wrong and what would change, and change nothing.")] = False,
    language: Annotated[Language | None, typer.Option(help="In which to answer; the shell's, unless said (LC_ALL, LC_MESSAGES, LANG).")] = None,
    url: Address = None,
) -> None:
    """Load a file through the bulk import, with progress: actors, or what its preset says. Ends with 1 when it was not taken."""
    address, credentials = url or Options().address, Credentials(Options().folder)
    account = importing.Account(email, credentials.password(email), language or of_shell(os.environ))
    wanted = importing.Wanted(preset=preset, source=source, retire=retire, retire_at_most=retire_at_most, sheet=sheet, validate_only=dry_run)
    sys.exit(asyncio.run(importing.import_file(address, file, account, wanted)))


@app.command("token")
def command_token(email: Annotated[str, typer.Argument(help="An account, such as san-diego@comity.example.")], url: Address = None) -> None:
    """Print an access token, for use in other commands."""
    address, credentials = url or Options().address, Credentials(Options().folder)
    typer.echo(asyncio.run(importing.access_token(address, email, credentials.password(email))))
