"""What writes the parts of `docs/` that follow from the code."""

import typer

from deploy import documents

app = typer.Typer()


@app.command("documents")
def command_documents() -> None:
    """Rewrite docs/openapi and the generated tables of docs/ from the code."""
    documents.write()
