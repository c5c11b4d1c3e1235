"""Sends requests as the people of the story, prints each with method, path and status, and stops where the platform does not keep its word."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console

from deploy.credentials import Credentials
from deploy.errors import StartRefused
from deploy.importing import sign_in

METHOD_STYLE = {"GET": "cyan", "POST": "green", "PATCH": "yellow", "DELETE": "red"}


class StoryBroken(Exception):
    """The platform answered something else than the story says."""


@dataclass
class Teller:
    """The narrator: knows everybody's token. `mark` goes into the titles of what is made, so that several tellings can be told apart."""

    http: httpx.AsyncClient
    credentials: Credentials
    console: Console
    mark: str = ""
    steps: int = 0
    _tokens: dict[str, str] = field(default_factory=dict)

    def chapter(self, title: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{title}[/bold]", align="left")

    def show(self, text: str) -> None:
        self.console.print(f"      → {text}", highlight=False, soft_wrap=True, markup=False)

    async def get(self, who: str | None, path: str, text: str, *, status: int = 200, **parameters: Any) -> Any:
        answer = await self.send(who, "GET", path, text, status=status, params=parameters)
        return answer.json()

    async def file(self, who: str | None, path: str, text: str, *, form: str, **parameters: Any) -> httpx.Response:
        """A list in the form that `Accept` asks for, a media type."""
        answer = await self.send(who, "GET", path, f"{text} (Accept: {form})", status=200, params=parameters, headers={"Accept": form})
        self.require(answer.headers["content-type"].startswith(form), f"it comes as {answer.headers['content-type']}")
        return answer

    async def post(self, who: str | None, path: str, body: Any, text: str, *, status: int = 201) -> Any:
        return (await self.send(who, "POST", path, text, status=status, json=body)).json()

    async def changed(self, who: str, method: str, path: str, body: Any, text: str) -> httpx.Response:
        """Change a record as it was just read: its ETag goes along as If-Match."""
        read = await self.http.get(path, headers=await self.headers_of(who))
        headers = {"If-Match": read.headers["etag"]}
        return await self.send(who, method, path, text, status=200, json=body, headers=headers)

    async def send(self, who: str | None, method: str, path: str, text: str, *, status: int, **request: Any) -> httpx.Response:
        """One step: what happens in words, then the request and its status; StoryBroken when the status is another one."""
        self.steps += 1
        headers = {**await self.headers_of(who), **request.pop("headers", {})}
        answer = await self.http.request(method, path, headers=headers, **request)
        name = who or "anyone"
        self.console.print(f"[bold]{self.steps:>4}[/bold]  {text}", highlight=False, soft_wrap=True)
        path = answer.request.url.raw_path.decode()
        shown = path if len(path) <= 110 else f"{path[:107]}…"
        style = "green" if answer.status_code < 400 else "magenta"
        line = f"      [{METHOD_STYLE[method]}]{method}[/] {shown}  [{style}]{answer.status_code}[/]  [dim]as {name}[/dim]"
        self.console.print(line, highlight=False, soft_wrap=True)
        if answer.status_code != status:
            raise StoryBroken(f"Step {self.steps}: expected {status}, got {answer.status_code}: {answer.text[:2000]}")
        return answer

    def require(self, fact: bool, what: str) -> None:
        """Something the story promises besides the status."""
        if not fact:
            raise StoryBroken(f"Step {self.steps}: {what}")

    async def headers_of(self, who: str | None) -> dict[str, str]:
        """Who asks: nothing for the public."""
        if who is None:
            return {}
        if who not in self._tokens:
            self._tokens[who] = await self._token(who)
        return {"Authorization": f"Bearer {self._tokens[who]}"}

    async def _token(self, who: str) -> str:
        if who != "integrator":
            return await sign_in(self.http, f"{who}@comity.example", self.credentials.password(f"{who}@comity.example"))
        form = {"grant_type": "client_credentials", "client_id": who, "client_secret": self.credentials.password(who)}
        answer = await self.http.post("/oauth/token", data=form)
        if answer.status_code != 200:
            raise StartRefused(f"The client {who} gets no token: {answer.text}")
        return str(answer.json()["access_token"])
