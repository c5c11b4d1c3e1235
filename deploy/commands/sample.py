"""What needs the packages of the sample data."""

import asyncio
import sys
from typing import Annotated

import typer

from deploy import demo, up
from deploy.commands.options import Address
from deploy.credentials import Credentials
from deploy.options import Options

app = typer.Typer()


@app.command("up")
def command_up(sample: Annotated[bool, typer.Option(help="Load the sample data when it is not there yet.")] = True) -> None:
    """Start everything in one process, with its own PostgreSQL."""
    asyncio.run(up.up(Options(), sample=sample))


@app.command("seed")
def command_seed(url: Address = None) -> None:
    """Load the sample data and its accounts into a running platform."""
    asyncio.run(demo.seed(url or Options().address, Credentials(Options().folder)))


@app.command("demo")
def command_demo(url: Address = None) -> None:
    """Walk through the main job against a running platform, or one that lives as long as the walk."""
    sys.exit(asyncio.run(demo.run(url)))
