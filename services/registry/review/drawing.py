"""A share as a picture: one bar for each group, published benchmarks as dashed lines. SVG, written by hand.

Blue and orange are told apart by every kind of colour vision, and bars from lines by their form; nothing is said by colour alone. The
picture follows the reader's dark or light scheme. Every figure is text, so that a screen reader says it.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from textwrap import wrap
from typing import Any
from xml.sax.saxutils import escape

import orjson

from services.registry.review.measures import MEASURES, RECORDED, MeasureName
from shared.languages import Language

WORDS: Mapping[Language, Mapping[str, str]] = orjson.loads((resources.files("services.registry.review") / "words.json").read_bytes())
WIDTH, LEFT, SCALE, ROW, TOP = 860, 264, 340, 44, 104  # user units; a bar of 100 % is SCALE long
LETTERS = "ABCDEFGH"
LONGEST = 112  # letters of a line under the picture
STYLE = """
svg{background:#fff;color:#1a1a1a;font:14px system-ui,sans-serif}
text{fill:currentColor}.quiet{fill:#555}.head{font-size:17px;font-weight:600}.small{font-size:12px}.right{text-anchor:end}.middle{text-anchor:middle}
.track{fill:#e8ecf0}.bar{fill:#0072b2}.mark{stroke:#b34700;stroke-width:2;stroke-dasharray:5 4}.letter{fill:#b34700;font-weight:600}
.shut{fill:url(#hatch)}.hatch{stroke:#8a8f95;stroke-width:1.5}.grid{stroke:#c4c9ce}
@media(prefers-color-scheme:dark){svg{background:#16191d;color:#f0f2f4}.quiet{fill:#b4bac1}.track{fill:#2b3138}.bar{fill:#56b4e9}
.mark{stroke:#e69f00}.letter{fill:#e69f00}.hatch{stroke:#7b838c}.grid{stroke:#4a525b}}
""".replace("\n", "")
# Opened by itself, a picture is a document: what it may do is this style and nothing else.
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def drawn(
    measure: MeasureName, items: Sequence[Mapping[str, Any]], benchmarks: Sequence[Mapping[str, Any]], caption: Mapping[str, Any], language: Language
) -> bytes:
    """The picture of items that hold this measure's share each. `caption` says the country, the year, the filters and the least."""
    words = WORDS[language]
    label = MEASURES[measure].label[language]
    rows = [(_name(item, caption, words), item["shares"][0], list(_figures(measure, item["shares"][0], words))) for item in items]
    lines = _legend(measure, benchmarks, caption, words)
    bottom = TOP + ROW * len(rows)
    height = bottom + 22 * len(lines) + 34
    subtitle = _subtitle(caption, words)
    spoken_text = ". ".join([*(f"{name}: {', '.join(said)}" for name, _, said in rows), *(text.rstrip(".") for text, _ in lines)])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="{language}" aria-labelledby="title desc" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}">',
        f'<title id="title">{escape(f"{label}: {subtitle}")}</title><desc id="desc">{escape(spoken_text)}</desc><style>{STYLE}</style>',
        '<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="hatch" d="M0 0V7"/></pattern></defs>',
        f'<text class="head" x="16" y="30">{escape(label)}</text><text class="quiet" x="16" y="52">{escape(subtitle)}</text>',
        *_axis(bottom),
        *(part for nth, (name, share, said) in enumerate(rows) for part in _row(TOP + ROW * nth, name, share, said)),
        *_marks(benchmarks, bottom),
        *(f'<text class="quiet" x="{16 + indent}" y="{bottom + 30 + 22 * nth}">{escape(text)}</text>' for nth, (text, indent) in enumerate(lines)),
        "</svg>\n",
    ]
    return "".join(parts).encode()


def _subtitle(caption: Mapping[str, Any], words: Mapping[str, str]) -> str:
    within = [words.get(caption[name], caption[name]) for name in ("kind", "subdivision") if caption[name]]
    told = [words["title"].format(country=caption["country"], day=caption["as_of"]), *within]
    return " · ".join([*told, *([words["verified"].rstrip(".")] if caption["verified_only"] else [])])


def _name(item: Mapping[str, Any], caption: Mapping[str, Any], words: Mapping[str, str]) -> str:
    parts = [words["unknown"] if value is None else words.get(value, value) for value in item["group"].values()] or [words["all"]]
    return " · ".join([*parts, *([str(item["as_of"].year)] if caption["trend"] else [])])


def _figures(measure: MeasureName, share: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    """What stands beside a bar: the share, then who answered."""
    if share["withheld"]:
        yield words["withheld"]
        yield words["asked"].format(**share)
    elif share["share"] is None:
        yield words["nobody" if share["population"] else "none"]
        yield words["asked"].format(**share)
    else:
        yield words["share"].format(percent=_percent(share, words["point"]), **{name: share[name] for name in ("n", "denominator")})
        yield words["records" if measure in RECORDED else "response"].format(**share)


def _percent(share: Mapping[str, Any], point: str) -> str:
    """One decimal; none and all are said of none and of all only."""
    n, denominator = share["n"], share["denominator"]
    tenths = round(1_000 * n / denominator)
    if n and not tenths:
        return f"< 0{point}1"
    if n < denominator and tenths == 1_000:
        return f"> 99{point}9"
    return f"{tenths / 10:.1f}".removesuffix(".0").replace(".", point)


def _axis(bottom: int) -> Iterator[str]:
    for percent in (0, 25, 50, 75, 100):
        x = LEFT + SCALE * percent // 100
        yield f'<path class="grid" d="M{x} {TOP - 8}V{bottom}"/><text class="quiet middle" x="{x}" y="{TOP - 14}">{percent} %</text>'


def _row(top: int, name: str, share: Mapping[str, Any], said: Sequence[str]) -> Iterator[str]:
    length = round(SCALE * min(share["share"] or 0, 1), 1)
    yield f'<text class="right" x="{LEFT - 12}" y="{top + 23}">{escape(name)}</text>'
    yield f'<rect class="{"shut" if share["withheld"] else "track"}" x="{LEFT}" y="{top + 7}" width="{SCALE}" height="22"/>'
    yield f'<rect class="bar" x="{LEFT}" y="{top + 7}" width="{length}" height="22"/>'
    for style, y, line in zip(("told", "quiet small"), (top + 16, top + 33), said, strict=True):
        yield f'<text class="{style}" x="{LEFT + SCALE + 16}" y="{y}">{escape(line)}</text>'


def _marks(benchmarks: Sequence[Mapping[str, Any]], bottom: int) -> Iterator[str]:
    for letter, benchmark in zip(LETTERS, benchmarks, strict=False):
        if benchmark["percent"] is not None:
            x = LEFT + round(SCALE * benchmark["percent"] / 100)
            yield f'<path class="mark" d="M{x} {TOP - 4}V{bottom + 4}"/><text class="letter middle" x="{x}" y="{TOP - 32}">{letter}</text>'


def _legend(measure: MeasureName, benchmarks: Sequence[Mapping[str, Any]], caption: Mapping[str, Any], words: Mapping[str, str]) -> list[tuple[str, int]]:
    """Lines under the picture and how far each is moved in."""
    lines = [(words["published"], 0)] if benchmarks else []
    for letter, benchmark in zip(LETTERS, benchmarks, strict=False):
        lines += [(words["benchmark"].format(letter=letter, **benchmark), 14), (f"{benchmark['survey']},", 36)]
        lines += [(part, 36) for part in wrap(benchmark["url"], LONGEST)]
    if MEASURES[measure].unit == "staff":
        lines.append((words["staff"], 0))
    return lines if measure in RECORDED else [*lines, (words["least"].format(**caption), 0)]
