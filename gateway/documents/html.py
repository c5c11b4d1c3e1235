"""The little HTML that the documentation needs: escaped text, a layout, tables. No scripts, no network, no fonts to load."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --line: #d9dfe6; --back: #fff; --tint: #f4f6f9; --accent: #0b5cad;
  --get: #0b6e4f; --post: #0b5cad; --patch: #8a5a00; --put: #8a5a00; --delete: #a3262a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ef; --soft: #9aa7b5; --line: #333d49; --back: #14191f; --tint: #1d242c; --accent: #74b0ee;
  --get: #5cc9a0; --post: #74b0ee; --patch: #e0b05a; --put: #e0b05a; --delete: #ef8a8a; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--back); font: 16px/1.55 system-ui, sans-serif; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.75rem; } footer { padding-block: 2.5rem; color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .35rem; } p { margin: .5rem 0; } .soft { color: var(--soft); }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .15em; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; padding: .6rem 0; border-block: 1px solid var(--line); margin: 1rem 0; font-size: .9375rem; }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { background: var(--tint); border-radius: 3px; padding: .1em .2em; overflow-wrap: anywhere; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; margin: .5rem 0; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9375rem; margin: .35rem 0 .75rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); font-size: .8125rem; } td:first-child { white-space: nowrap; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; background: var(--back); }
details > summary { cursor: pointer; padding: .5rem .85rem; display: flex; flex-wrap: wrap; gap: .15rem .75rem; align-items: baseline; list-style: none; }
details > summary::-webkit-details-marker { display: none; }
details > summary:hover { background: var(--tint); border-radius: 6px; }
details[open] > summary { border-bottom: 1px solid var(--line); border-radius: 6px 6px 0 0; background: var(--tint); }
details > div { padding: .35rem .85rem .85rem; scroll-margin-top: 4rem; } summary code { background: none; padding: 0; } summary .soft { flex: 1 1 14rem; }
.method { font: 700 .75rem/1.6 ui-monospace, monospace; min-width: 4rem; letter-spacing: .03em; }
.get { color: var(--get); } .post { color: var(--post); } .patch { color: var(--patch); } .put { color: var(--put); } .delete { color: var(--delete); }
.scope { font-size: .8125rem; color: var(--soft); white-space: nowrap; }
@media (max-width: 40rem) { thead, td:empty { display: none; } tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  td { display: block; padding: .1rem 0; border: 0; } }
""".strip()
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
LINKS = (("/", "Start"), ("/docs", "API"), ("/openapi.json", "OpenAPI document"), ("/problems", "Problems"))


def page(title: str, *parts: str, lead: str = "") -> str:
    """A whole page; `parts` are HTML, `title` and `lead` are text."""
    links = "".join(f'<a href="{address}">{name}</a>' for address, name in LINKS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Comity</title><style>{STYLE}</style></head><body>"
        f"<header><h1>{escape(title)}</h1>{prose(lead) if lead else ''}<nav>{links}</nav></header>"
        f"<main>{''.join(parts)}</main><footer>Comity, the coordination platform for subnational diplomacy.</footer></body></html>\n"
    )


def prose(text: str) -> str:
    """Paragraphs of plain text in which `backticks` mark code."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return "".join(f"<p>{inline(part)}</p>" for part in paragraphs)


def inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def code(text: object) -> str:
    return f"<code>{escape(str(text))}</code>"


def block(text: str) -> str:
    return f"<pre><code>{escape(text)}</code></pre>"


def link(address: str, label: str) -> str:
    """A link; `label` is HTML."""
    return f'<a href="{escape(address, quote=True)}">{label}</a>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are HTML. Nothing when there are no rows."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return ""
    head = f"<thead><tr>{''.join(f'<th>{escape(item)}</th>' for item in heads)}</tr></thead>" if any(heads) else ""
    return f'<div class="table"><table>{head}<tbody>{body}</tbody></table></div>'


def folded(identifier: str, summary: str, *parts: str) -> str:
    """Something to open; browsers open it by themselves when a search within the page finds text inside."""
    # The mark is inside: a link to it makes the browser open what it is folded into.
    return f'<details><summary>{summary}</summary><div id="{escape(identifier, quote=True)}">{"".join(parts)}</div></details>'


def section(identifier: str, title: str, *parts: str) -> str:
    return f'<section id="{escape(identifier, quote=True)}"><h2>{escape(title)}</h2>{"".join(parts)}</section>'
