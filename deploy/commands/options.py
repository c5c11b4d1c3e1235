"""Options that several commands take."""

from typing import Annotated

import typer

Address = Annotated[str | None, typer.Option("--url", envvar="COMITY_URL", help="Address of a running platform.")]
