"""The whole platform on a port of its own, with the real sample, once for a test process."""

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from deploy import stack, up
from deploy.credentials import Credentials
from deploy.importing import sign_in
from deploy.options import Options
from deploy.ports import free_port
from deploy.seed.load import load_sample
from tests.support.database import Templates


@dataclass
class Platform:
    """Where it answers, and how to be somebody there."""

    address: str
    credentials: Credentials
    urls: dict[str, str]

    def client(self, **headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.address, timeout=30, headers=headers)

    async def signed_in(self, who: str) -> httpx.AsyncClient:
        """A client of a sample account."""
        email = f"{who}@comity.example"
        async with self.client() as http:
            token = await sign_in(http, email, self.credentials.password(email))
        return self.client(Authorization=f"Bearer {token}")


@pytest.fixture(scope="package")  # gone before other tests begin: its workers never rest, and neither do their logs
async def platform(templates: Templates) -> AsyncIterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="comity-platform-") as folder:
        options = Options(port=free_port(), folder=Path(folder), server_url=templates.server.url("postgres"))
        async with stack.databases(options) as urls, up.running(options, urls) as (_, credentials):
            await load_sample(options.address, credentials, Console(quiet=True))
            yield Platform(options.address, credentials, urls)
