"""`comity`: up, serve, work, migrate, seed, demo, import, token."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy import demo, documents, importing, serving, up
from deploy.credentials import Credentials
from deploy.errors import StartRefused
from deploy.options import Options

app = typer.Typer(
    help="Comity, the coordination platform for subnational diplomacy.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
errors = Console(stderr=True)
Address = Annotated[str | None, typer.Option("--url", envvar="COMITY_URL", help="Address of a running platform.")]


@app.command("up")
def command_up(sample: Annotated[bool, typer.Option(help="Load the sample data when it is not there yet.")] = True) -> None:
    """Start everything in one process, with its own PostgreSQL."""
    asyncio.run(up.up(Options(), sample=sample))


@app.command("serve")
def command_serve(name: Annotated[str, typer.Argument(help="gateway, registry, agreements or briefings")]) -> None:
    """Serve one part, configured by COMITY_<PART>_… in the environment."""
    serving.serve(name)


@app.command("work")
def command_work(name: Annotated[str, typer.Argument(help="registry, agreements, briefings or gateway")]) -> None:
    """Run the worker of one part."""
    asyncio.run(serving.work(name))


@app.command("migrate")
def command_migrate(
    name: Annotated[str | None, typer.Argument(help="One part; all of them when absent.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the models and the migrations agree.")] = False,
) -> None:
    """Bring the databases to the newest migration."""
    asyncio.run(serving.migrate_parts(name, check=check))


@app.command("seed")
def command_seed(url: Address = None) -> None:
    """Load the sample data and its accounts into a running platform."""
    asyncio.run(demo.seed(url or Options().address, Credentials(Options().folder)))


@app.command("demo")
def command_demo(url: Address = None) -> None:
    """Walk through the main job against a running platform, or one that lives as long as the walk."""
    sys.exit(asyncio.run(demo.run(url)))


@app.command("import")
def command_import(
    file: Annotated[Path, typer.Argument(help="A CSV file.", exists=True, dir_okay=False, readable=True)],
    email: Annotated[str, typer.Option(help="The account to import as.")] = "operator@comity.example",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate only.")] = False,
    url: Address = None,
) -> None:
    """Load a file of actors through the bulk import, with progress."""
    address, credentials = url or Options().address, Credentials(Options().folder)
    sys.exit(asyncio.run(importing.import_file(address, file, email=email, password=credentials.password(email), dry_run=dry_run)))


@app.command("token")
def command_token(email: Annotated[str, typer.Argument(help="An account, such as san-diego@comity.example.")], url: Address = None) -> None:
    """Print an access token, for use in other commands."""
    address, credentials = url or Options().address, Credentials(Options().folder)
    typer.echo(asyncio.run(importing.access_token(address, email, credentials.password(email))))


@app.command("documents")
def command_documents() -> None:
    """Rewrite docs/openapi and the generated tables of docs/ from the code."""
    documents.write()


def main() -> None:
    """The entry point: what cannot start says why in one line."""
    try:
        app()
    except StartRefused as refusal:
        errors.print(str(refusal), style="red", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
