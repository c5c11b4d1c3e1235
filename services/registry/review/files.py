"""The review as a table: a line for each share and one for each published survey, so that no figure is without where it is from."""

import csv
import io
from collections.abc import Mapping
from typing import Any

FIGURES = ("n", "denominator", "answered", "non_response", "population", "share", "withheld")
OF_SURVEYS = ("survey", "url", "surveyed", "percent", "wording", "found")


def written(review: Mapping[str, Any]) -> bytes:
    """CSV of a whole review. A group is `all` in a margin and empty where the registry does not know it; a figure is empty where it is null.

    `line` says whose figures they are: those of a share stand in columns of their own, and those of a benchmark in others.
    """
    names = [grouping.value for grouping in review["by"]]
    sources = {measure["measure"]: measure["source"] for measure in review["measures"]}
    columns = ["line", "country", "as_of", "verified_only", "least", *names, "measure", "source", *FIGURES, *OF_SURVEYS]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    about = {"line": "share", "country": review["country"], "verified_only": _cell(review["verified_only"]), "least": review["least"]}
    for item in review["items"]:
        group = {name: item["group"].get(name, "all") for name in names}
        for share in item["shares"]:
            figures = {name: _cell(share[name]) for name in FIGURES}
            writer.writerow({**about, "as_of": item["as_of"], **group, "measure": share["measure"], "source": sources[share["measure"]], **figures})
    for benchmark in review["benchmarks"]:
        told = {name: benchmark[name] for name in ("measure", "percent", "wording", "found", "survey", "url")}
        writer.writerow({"line": "benchmark", "as_of": benchmark["year"], "source": "survey", "surveyed": benchmark["n"], **told})
    return file.getvalue().encode()


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
