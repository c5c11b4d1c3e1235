"""`comity demo`: the main job, against a running platform or one that lives as long as the walk."""

import asyncio
import tempfile
from pathlib import Path

import httpx
from rich.console import Console

from deploy import stack, up
from deploy.credentials import Credentials
from deploy.errors import StartRefused
from deploy.options import Options
from deploy.ports import free_port
from deploy.seed.load import load_sample
from deploy.story import book
from deploy.story.teller import StoryBroken, Teller
from shared import logs


async def seed(address: str, credentials: Credentials) -> None:
    """Load the sample and its accounts into a running platform."""
    await load_sample(address, credentials, Console())


async def run(url: str | None) -> int:
    """Tell the story; 0 when the platform kept its word throughout."""
    console = Console()
    options = Options()
    if url or await up.answers(options.address):
        address = url or options.address
        console.print(f"Telling the story against {address}")
        return await tell(address, Credentials(options.folder), console)
    console.print("Nothing runs here: starting a throw-away platform. (make up starts one that stays.)")
    with tempfile.TemporaryDirectory(prefix="comity-demo-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o711)
        options = Options(port=free_port(), folder=Path(folder) / "data", server_url=None)
        logs.configure("WARNING")
        async with stack.databases(options) as urls, up.running(options, urls) as (_, credentials):
            await load_sample(options.address, credentials, console)
            return await tell(options.address, credentials, console)


async def tell(address: str, credentials: Credentials, console: Console) -> int:
    """All chapters in order; 1 with what went wrong."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        teller = Teller(http, credentials, console)
        try:
            await book.tell(teller)
        except (StoryBroken, StartRefused) as broken:
            console.print(f"\n{broken}", style="bold red", highlight=False, markup=False, soft_wrap=True)
            return 1
        except httpx.HTTPError as error:
            console.print(f"\n{address} does not answer: {error!r}. Start it with: make up", style="bold red", highlight=False, markup=False)
            return 1
    console.print(f"\nThe story is told: {teller.steps} steps, each as promised.", style="bold green")
    return 0
