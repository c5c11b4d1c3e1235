"""What answers requests."""

from typing import Annotated

import typer

from deploy import serving

app = typer.Typer()


@app.command("serve")
def command_serve(name: Annotated[str, typer.Argument(help="gateway, registry, agreements or briefings")]) -> None:
    """Serve one part, configured by COMITY_<PART>_… in the environment."""
    serving.serve(name)
