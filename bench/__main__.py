"""`make bench`: ratios within one run on this machine. Absolute figures say more about the machine than about Comity."""

import asyncio
import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import following, hopping, importing, matching, reading, releasing, searching, starting, writing
from bench.results import Result
from deploy import stack, up
from deploy.credentials import Credentials
from deploy.options import Options
from deploy.ports import free_port
from deploy.seed.load import load_sample


async def main() -> int:
    """Load the sample, measure, print; 1 when a ratio is below what is to be reached."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="comity-bench-") as folder:
        Path(folder).chmod(0o711)
        options = Options(port=free_port(), folder=Path(folder) / "data", server_url=os.environ.get("DATABASE_URL"))
        async with stack.databases(options) as urls:
            results = await measure(options, urls, console)
    table = Table(title="ratios within this run (larger is better)")
    for column in ("what", "against", "ratio", "reach", ""):
        table.add_column(column)
    for result in results:
        table.add_row(result.what, result.against, f"{result.ratio:.2f}", f"{result.reach:.2f}" if result.reach else "", result.note)
    console.print(table)
    return int(any(result.missed for result in results))


async def measure(options: Options, urls: dict[str, str], console: Console) -> list[Result]:
    """The servers of the loading are gone before anything is measured."""
    async with up.running(options, urls) as (_, credentials):
        await load_sample(options.address, credentials, console)
        await writing.directories_filled(urls)
    kept = Credentials(options.folder)
    with console.status("Measuring reads …"):
        found = await reading.measure(urls, kept)
    with console.status("Measuring an import …"):
        found += await importing.measure(urls, kept)
    with console.status("Measuring searches …"):
        found += await searching.measure(urls, kept)
    with console.status("Measuring matches …"):
        found += await matching.measure(urls, kept)
    with console.status("Measuring the start of each role …"):
        found += await starting.measure(urls, kept)
    with console.status("Measuring the hop …"):
        found += await hopping.measure(urls, kept)
    with console.status("Measuring writes …"):
        found += await writing.measure(urls, kept)
    with console.status("Measuring releases …"):
        found += await releasing.measure(urls, kept)
    with console.status("Measuring the feed and its followers …"):
        return found + await following.measure(urls, kept)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
