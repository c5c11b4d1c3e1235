"""One server process: `python -m bench.serve KIND PORT`, with the databases' URLs as JSON on standard input."""

import json
import sys
from typing import Any

import uvicorn

from bench.bare import Bare
from deploy import stack
from shared import logs


def application(kind: str, urls: dict[str, str]) -> Any:
    if kind == "bare":
        return Bare(urls["registry"].replace("+asyncpg", ""))
    assembled = stack.assemble(urls)
    return assembled.services.get(kind, assembled.app)


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    logs.configure("WARNING")
    uvicorn.run(application(kind, json.load(sys.stdin)), port=port, log_config=None, access_log=False, loop="uvloop", http="httptools", server_header=False)
