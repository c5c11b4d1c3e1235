"""Addresses of database servers that were there before Comity."""

import pytest

from deploy.databases import for_sqlalchemy, server_named
from deploy.errors import StartRefused


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_usual_scheme_is_taken(scheme: str) -> None:
    found = for_sqlalchemy(f"{scheme}://me:secret@db.example:5433/postgres?sslmode=require")
    assert found.render_as_string(hide_password=False) == "postgresql+asyncpg://me:secret@db.example:5433/postgres?ssl=require"


@pytest.mark.parametrize("url", ["nonsense", "://", "mysql://me:secret@db.example/x", "postgresql://me:secret@db.example:port/x"])
def test_what_is_no_address_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(StartRefused, match=r"^DATABASE_URL .*Give one such as postgresql://account:password@host:5432/postgres$") as refusal:
        server_named(url)
    assert "secret" not in str(refusal.value)
