"""What works without being asked."""

import asyncio
from typing import Annotated

import typer

from deploy import loops

app = typer.Typer()


@app.command("work")
def command_work(name: Annotated[str, typer.Argument(help="registry, agreements, briefings or gateway")]) -> None:
    """Run the worker of one part."""
    asyncio.run(loops.work(name))
