"""What the log says during a test."""

import contextlib
import io
import json
from collections.abc import Iterator
from typing import Any

from shared import logs


class Written(io.StringIO):
    """The log as it is written."""

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """Every line, which must be a JSON object, or those of one event."""
        found = [json.loads(line) for line in self.getvalue().splitlines()]
        return [line for line in found if event is None or line["event"] == event]


@contextlib.contextmanager
def written(level: str = "DEBUG") -> Iterator[Written]:
    """Collect what is logged from this level on."""
    log = Written()
    logs.configure(level, stream=log)
    try:
        yield log
    finally:
        logs.configure("WARNING")
