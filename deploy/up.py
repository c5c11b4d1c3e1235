"""`comity up`: one process, one command, something to look at."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping

import httpx
import uvicorn
from rich.console import Console
from rich.panel import Panel

from deploy import stack
from deploy.credentials import Credentials
from deploy.draining import SignalledServer
from deploy.errors import StartRefused
from deploy.exporting import exporting
from deploy.folders import check_folder
from deploy.options import Options
from deploy.ports import free_or_explain
from deploy.protocol import server_config
from deploy.seed.cast import CAST
from deploy.seed.load import load_sample
from gateway.bootstrap import ensure_account
from shared import logs

PASTED_AS = "san-diego@comity.example"
READABLE = "| python3 -m json.tool --no-ensure-ascii"


async def up(options: Options, *, sample: bool = True, console: Console | None = None) -> None:
    """Start everything, load the sample once, say where it is, and stay until a signal comes."""
    console = console or Console()
    await _check_port(options)
    check_folder(options.folder)
    logs.configure("WARNING")
    with console.status("Starting PostgreSQL and migrating the databases …"):
        platform = stack.databases(options)
        urls = await platform.__aenter__()
    try:
        async with contextlib.AsyncExitStack() as parts:
            parts.enter_context(exporting("platform"))
            server, credentials = await parts.enter_async_context(running(options, urls))
            if sample:
                await _unless_stopped(server, load_sample(options.address, credentials, console))
            if not server.should_exit:
                _welcome(console, options, credentials)
            await server.stopped.wait()
            console.print("Stopping …")
    finally:
        await platform.__aexit__(*sys.exc_info())


async def _check_port(options: Options) -> None:
    """StartRefused when the port cannot be listened on; it says so when Comity itself is what answers there."""
    try:
        free_or_explain(options.host, options.port)
    except StartRefused as refusal:
        if not await answers(options.address):
            raise
        second = f"COMITY_PORT={options.port + 1} COMITY_DATA=/path make up"
        raise StartRefused(f"Comity already runs at {options.address}. Use that one, stop it, or start a second one beside it: {second}") from refusal


class Server(SignalledServer):
    """A server whose caller can wait for the signal."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopped = asyncio.Event()

    def handle_exit(self, sig: int, frame: object) -> None:
        super().handle_exit(sig, None)
        self.stopped.set()


@contextlib.asynccontextmanager
async def running(options: Options, urls: dict[str, str]):  # type: ignore[no-untyped-def]
    """The assembled platform, listening and at work; gives the server and the sample's credentials."""
    credentials = Credentials(options.folder)
    assembled = stack.assemble(urls, address=options.address)
    operator = CAST[0]
    await ensure_account(
        assembled.gateway_database,
        email=operator.email,
        password=credentials.of(operator.email),
        roles=list(operator.roles),
        display_name=operator.says,
    )
    server = Server(server_config(assembled.app, options.host, options.port, last_answers=5))
    serving = asyncio.create_task(server.serve(), name="server")
    try:
        await _listening(server, serving)
        async with stack.working(assembled):
            yield server, credentials
    finally:
        server.should_exit = True
        await serving


async def _listening(server: Server, serving: "asyncio.Task[None]") -> None:
    while not server.started:
        if serving.done():
            await serving
            raise RuntimeError("the server ended before it listened")
        await asyncio.sleep(0.02)


async def _unless_stopped(server: Server, work) -> None:  # type: ignore[no-untyped-def]
    """Do this, but drop it when the server is told to stop."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(server.stopped.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for waiting in (task, stopped):
        if not waiting.done():
            waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _welcome(console: Console, options: Options, credentials: Credentials) -> None:
    address = options.address
    console.print(
        Panel.fit(
            f"[bold]Comity is up[/bold]  {address}\n\n"
            f"API documentation   {address}/docs\n"
            f"OpenAPI document    {address}/openapi.json\n"
            f"Public register     {address}/v1/register\n"
            f"Credentials         {credentials.path}",
            border_style="green",
        )
    )
    known = credentials.known()
    console.print("\nAccounts (account, password, roles):\n", style="bold")
    for player in CAST:
        name = player.name if player.machine else player.email
        if name not in known:  # the sample was not loaded
            continue
        console.print(f"{name:<30} {known[name]:<26} {', '.join(player.roles)}", soft_wrap=True, highlight=False, markup=False)
    console.print("\nPaste these to begin:\n", style="bold")
    for line in _lines(address, known):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    story = "make demo tells the whole story against this stack. " if PASTED_AS in known else ""
    console.print(f"\n{story}Ctrl-C stops everything; the data stays.", style="dim", soft_wrap=True)


def _lines(address: str, known: Mapping[str, str]) -> list[str]:
    """Calls to paste into a shell, as somebody whose password is known."""
    who = PASTED_AS if PASTED_AS in known else CAST[0].email
    body = json.dumps({"email": who, "password": known[who]})
    sign_in = f"curl -s {address}/v1/session -H 'Content-Type: application/json' -d '{body}'"
    return [
        f"curl -s '{address}/v1/actors?q=tijuana' {READABLE}",
        f'TOKEN=$({sign_in} | sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\')',
        f'curl -s -H "Authorization: Bearer $TOKEN" {address}/v1/session {READABLE}',
        f'curl -s -H "Authorization: Bearer $TOKEN" "{address}/v1/events?limit=5" {READABLE}',
    ]


async def answers(address: str) -> bool:
    """Whether a platform answers at this address, and not some other program."""
    try:
        async with httpx.AsyncClient(base_url=address, timeout=2) as http:
            answer = (await http.get("/v1/session")).json()
    except (httpx.HTTPError, ValueError):
        return False
    return isinstance(answer, dict) and answer.get("type") == "/problems/unauthorized"
