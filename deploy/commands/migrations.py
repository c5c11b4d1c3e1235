"""The databases of the parts."""

import asyncio
from typing import Annotated

import typer

from deploy import migrating

app = typer.Typer()


@app.command("revision")
def command_revision(
    name: Annotated[str, typer.Argument(help="registry, agreements, briefings or gateway")],
    message: Annotated[str, typer.Argument(help="What the migration does.")],
) -> None:
    """Write a migration from the difference between the newest migration and the models."""
    asyncio.run(migrating.revise_part(name, message))


@app.command("migrate")
def command_migrate(
    name: Annotated[str | None, typer.Argument(help="One part; all of them when absent.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the models and the migrations agree.")] = False,
) -> None:
    """Bring the databases to the newest migration; make those that are missing."""
    asyncio.run(migrating.migrate_parts(name, check=check))
