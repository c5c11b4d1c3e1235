"""What Prometheus would read."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

Series = dict[tuple[str, ...], float]


async def scrape(client: httpx.AsyncClient, **headers: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Every sample of `/metrics` by its name. Each metric must be declared once."""
    answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    declared = [line for line in answer.text.splitlines() if line.startswith("# TYPE ")]
    assert len(declared) == len({line.split()[2] for line in declared})
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def series(samples: list[tuple[dict[str, str], float]], *labels: str) -> Series:
    """The samples by the values of these labels; those that differ in others are added up."""
    found: Series = {}
    for named, value in samples:
        key = tuple(named.get(label, "") for label in labels)
        found[key] = found.get(key, 0) + value
    return found
