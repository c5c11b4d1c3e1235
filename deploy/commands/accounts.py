"""What an operator does once, and from time to time: first accounts, signing keys."""

import asyncio
from typing import Annotated

import typer

from deploy import accounts

app = typer.Typer()
keys = typer.Typer(no_args_is_help=True, help="Renew the keys that sign tokens.")
app.add_typer(keys, name="keys")


@app.command("bootstrap")
def command_bootstrap() -> None:
    """Make the operator's account and the clients of the workers, where they are missing."""
    for line in asyncio.run(accounts.bootstrap()):
        typer.echo(line)


@keys.callback()
def command_keys() -> None:
    """Renew the keys that sign tokens."""


@keys.command("rotate")
def command_rotate(
    now: Annotated[bool, typer.Option("--now", help="Somebody else may know the keys: sign with a new one at once and believe no other.")] = False,
) -> None:
    """Publish a new key, which signs in ten minutes; the old one is published until its tokens have ended."""
    typer.echo(asyncio.run(accounts.rotate_keys(now=now)))
