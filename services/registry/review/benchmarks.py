"""Published surveys beside our shares, each with its own n, year and source; `benchmarks.json` holds them and nothing computes with them."""

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

import orjson

from services.registry.review.measures import MeasureName

BENCHMARKS: list[Mapping[str, Any]] = orjson.loads((resources.files("services.registry.review") / "benchmarks.json").read_bytes())


def beside(measures: Iterable[MeasureName]) -> list[Mapping[str, Any]]:
    """Those that stand beside these measures."""
    wanted = set(measures)
    return [benchmark for benchmark in BENCHMARKS if benchmark["measure"] in wanted]
