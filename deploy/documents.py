"""The parts of `docs/` that follow from the code, written by `make documents` and compared by a test."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy import stack
from deploy.accounts import Operator
from deploy.options import CHECKOUT
from deploy.platform import DATABASES, SERVICES
from gateway.roles import SCOPES_OF
from gateway.settings import Settings as GatewaySettings
from services.registry.imports.faults import KINDS
from shared.errors import Problem, catalogue
from shared.events import Event, event_types
from shared.settings import FileSettings

DOCS = CHECKOUT / "docs"
SCOPES = CHECKOUT / "gateway" / "proxying" / "scopes.json"
PACKAGES = ("shared.", "services.", "gateway.")
HEAD = "<!-- Written by `make documents` from the code. Change the code, not this page. -->\n\n"


def pages() -> dict[Path, str]:
    """Every generated page and its text."""
    contracts = openapi()  # builds every part: its errors and events are known from here on
    made = {
        SCOPES: _scopes(contracts),
        DOCS / "errors.md": HEAD + _errors(_ours(catalogue())),
        DOCS / "import-problems.md": HEAD + _import_problems(),
        DOCS / "events.md": HEAD + _events(event_types(PACKAGES)),
        DOCS / "roles.md": HEAD + _roles(),
        DOCS / "settings.md": HEAD + _settings(),
    }
    return made | {DOCS / "openapi" / f"{name}.json": text for name, text in contracts.items()}


def _ours(errors: Mapping[str, type[Problem]]) -> dict[str, type[Problem]]:
    return {code: error for code, error in errors.items() if error.__module__.startswith(PACKAGES)}


def write() -> None:
    """Write what changed."""
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def openapi() -> dict[str, str]:
    """The contract of each part, as JSON text; the gateway serves them as one document."""
    assembled = stack.assemble({name: f"postgresql+asyncpg://nobody@127.0.0.1/{database}" for name, database in DATABASES.items()})
    documents: dict[str, Any] = {name: app.openapi() for name, app in {**assembled.services, "gateway": assembled.app.own}.items()}
    return {name: json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n" for name, document in documents.items()}


def _scopes(contracts: Mapping[str, str]) -> str:
    """What the gateway knows of operations that other processes answer: path, method, scope."""
    paths = {path: item for name in SERVICES for path, item in json.loads(contracts[name])["paths"].items()}
    table = {path: {method.upper(): operation["x-scope"] for method, operation in item.items()} for path, item in paths.items()}
    return json.dumps(table, indent=1, sort_keys=True) + "\n"


def _errors(errors: Mapping[str, type[Problem]]) -> str:
    rows = [f"| {error.status} | `{code}` | {error.title} |" for code, error in sorted(errors.items(), key=lambda item: (item[1].status, item[0]))]
    head = "# Problems\n\nEvery error is an RFC 9457 problem document; its `type` is `/problems/<code>`, which the gateway explains.\n\n"
    head += (
        "Documents are in English, Spanish or French, as `Accept-Language` asks (`Content-Language` says which): the title, the advice of the kind, "
        "what validation says, what the core says and what one place in the code has to say about one request. Only how one part of the "
        "platform failed another is English. "
        "`shared/translations/` holds the translations; a test compares them with the code.\n"
    )
    return "\n".join([head, "| status | code | title |", "|---|---|---|", *rows, ""])


def _import_problems() -> str:
    rows = [f"| `{code}` | {kind.message} | {kind.remedy} |".replace("<", "\\<") for code, kind in sorted(KINDS.items())]
    head = (
        "# Problems of imports\n\n`GET /v1/imports/{id}/problems` lists what is wrong with a file, line by line. The `code` is stable; the message, which "
        "follows the name of the column or what the cell holds, and the remedy are in English, Spanish or French, as `Accept-Language` asks.\n"
    )
    return "\n".join([head, "| code | message | remedy |", "|---|---|---|", *rows, ""])


def _events(events: Mapping[str, type[Event]]) -> str:
    rows = []
    for kind, event in sorted(events.items()):
        closed = event.restricted_fields()
        fields = ", ".join(f"{name} (restricted)" if name in closed else name for name in event.model_fields)
        rows.append(f"| `{kind}` | {event.visibility} | {'yes' if event.reason_required else ''} | {fields} |")
    head = (
        "# Events\n\nOne row a change, as CloudEvents in the feeds. `public` rows reach everyone with a feed, `organizations` those they concern, "
        "`internal` auditors and followers. Restricted fields reach only the organisations concerned, auditors and followers. An auditor of a country is "
        "one of these where an organisation is concerned that this country keeps; one who belongs to no country and no organisation, everywhere.\n"
    )
    return "\n".join([head, "| type | visibility | reason needed | data |", "|---|---|---|---|", *rows, ""])


def _roles() -> str:
    rows = [f"| {role} | {', '.join(f'`{scope}`' for scope in sorted(scopes)) or 'what is public'} |" for role, scopes in SCOPES_OF.items()]
    return "\n".join(["# Roles\n\nA token carries the organisation as well as the roles.\n", "| role | scopes |", "|---|---|", *rows, ""])


def _settings() -> str:
    kinds: dict[str, type[FileSettings]] = {**{name: part.settings for name, part in SERVICES.items()}, "gateway": GatewaySettings, "operator": Operator}
    lines = [
        "# Settings\n\nRead from the environment. `make up` needs none of them. A variable `COMITY_<PART>_<NAME>` may also be given by "
        "`COMITY_<PART>_<NAME>_FILE`, the path of a file that holds the value: this is how secrets are mounted.\n"
    ]
    lines += ["| variable | default | meaning |", "|---|---|---|"]
    lines += ["| COMITY_PORT | 8000 | port of `comity up` and `comity serve` |", "| COMITY_HOST | 127.0.0.1 | address to listen on |"]
    lines += ["| COMITY_DRAIN_SECONDS | 2 | how long `comity serve` still takes new requests after SIGTERM, while it says that it is not ready |"]
    lines += ["| COMITY_HEARTBEAT | none | file that `comity work` touches while it does its work, for `python -m deploy.health` |"]
    lines += ["| COMITY_METRICS_PORT | none | port on which `comity work` answers /metrics |"]
    lines += ["| COMITY_OTEL_ENDPOINT | none | OpenTelemetry collector (OTLP over HTTP) that gets a span of each request; needs the extra `otel` |"]
    lines += ["| COMITY_SECRETS | .comity/compose | folder of the secrets that `docker-compose.yml` mounts |"]
    lines += ["| COMITY_URL | this machine, COMITY_PORT | address of the platform that `comity seed`, `demo`, `import` and `token` call |"]
    lines += ["| COMITY_DATA | in the checkout; /var/lib/comity for root | data folder of the embedded PostgreSQL |"]
    lines += ["| DATABASE_URL | the embedded server | an external PostgreSQL server on which the databases are made |"]
    for name, kind in kinds.items():
        for field, info in kind.model_fields.items():
            default = "required" if info.is_required() else info.get_default(call_default_factory=True)
            lines.append(f"| COMITY_{name.upper()}_{field.upper()} | {default} | {info.description} |")
    return "\n".join([*lines, ""])
