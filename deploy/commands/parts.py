"""What an operator runs: the parts of the platform as processes, and their databases."""

import asyncio
from typing import Annotated

import typer

from deploy import serving

app = typer.Typer()


@app.command("serve")
def command_serve(name: Annotated[str, typer.Argument(help="gateway, registry, agreements or briefings")]) -> None:
    """Serve one part, configured by COMITY_<PART>_… in the environment."""
    serving.serve(name)


@app.command("work")
def command_work(name: Annotated[str, typer.Argument(help="registry, agreements, briefings or gateway")]) -> None:
    """Run the worker of one part."""
    asyncio.run(serving.work(name))


@app.command("revision")
def command_revision(
    name: Annotated[str, typer.Argument(help="registry, agreements, briefings or gateway")],
    message: Annotated[str, typer.Argument(help="What the migration does.")],
) -> None:
    """Write a migration from the difference between the newest migration and the models."""
    asyncio.run(serving.revise_part(name, message))


@app.command("migrate")
def command_migrate(
    name: Annotated[str | None, typer.Argument(help="One part; all of them when absent.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the models and the migrations agree.")] = False,
) -> None:
    """Bring the databases to the newest migration; make those that are missing."""
    asyncio.run(serving.migrate_parts(name, check=check))
