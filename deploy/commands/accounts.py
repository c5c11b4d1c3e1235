"""What an operator does once, and from time to time: first accounts, signing keys."""

import asyncio

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
def command_rotate() -> None:
    """Sign with a new key from now on; the old one is published until its tokens have ended."""
    typer.echo(f"Signing with {asyncio.run(accounts.rotate_keys())}")
