"""`python -m deploy.health`: whether the process of this container does its work; 0 when it does. Imports nothing that takes time.

A worker touches the file COMITY_HEARTBEAT, everything else answers /readyz.
"""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

OLDEST = 30.0  # seconds; several beats


def healthy() -> bool:
    """Ask the file or the port."""
    beat = os.environ.get("COMITY_HEARTBEAT")
    if beat:
        file = Path(beat)
        return file.exists() and time.time() - file.stat().st_mtime < OLDEST
    port = int(os.environ.get("COMITY_PORT") or "8000")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=4) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


if __name__ == "__main__":
    sys.exit(0 if healthy() else 1)
