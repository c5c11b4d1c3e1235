"""What `comity up` takes from the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded import default_folder
from deploy.errors import StartRefused

CHECKOUT = Path(__file__).parents[1]


def port_named() -> int:
    """COMITY_PORT, 8000 when it is not set or empty; StartRefused when it is no port."""
    value = os.environ.get("COMITY_PORT") or "8000"
    if not value.isdigit() or not 0 < int(value) < 65_536:
        raise StartRefused(f"COMITY_PORT is {value!r}. Give a port between 1 and 65535: COMITY_PORT=8001 make up")
    return int(value)


@dataclass(frozen=True)
class Options:
    """COMITY_PORT, COMITY_DATA and DATABASE_URL, with their defaults."""

    port: int = field(default_factory=port_named)
    host: str = field(default_factory=lambda: os.environ.get("COMITY_HOST") or "127.0.0.1")
    folder: Path = field(default_factory=lambda: default_folder(CHECKOUT))
    server_url: str | None = field(default_factory=lambda: os.environ.get("DATABASE_URL") or None)

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"
