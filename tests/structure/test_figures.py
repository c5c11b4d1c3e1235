"""`docs/observability.md` names every figure, and none that does not exist."""

import re

from prometheus_client import Metric

from deploy.options import CHECKOUT
from services.briefings.app import GAUGES as BRIEFINGS
from services.registry.app import GAUGES as REGISTRY
from shared import metrics
from shared.database import Database


def names(families: list[Metric]) -> set[str]:
    return {f"{family.name}_total" if family.type == "counter" else family.name for family in families if family.name.startswith("comity_")}


async def test_the_page_names_every_figure() -> None:
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nowhere")
    known = metrics.Metrics("any", away, [*REGISTRY, *BRIEFINGS])
    found = names([*metrics.process.collect(), *known.registry.collect(), *await known.read()]) | {gauge.name for gauge in known.gauges}
    page = (CHECKOUT / "docs/observability.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(comity_\w+)`", page, re.MULTILINE)) == found
    assert set(re.findall(r"\b(comity_[a-z_]+)\b", page)) - {"comity_metrics_token"} == found
