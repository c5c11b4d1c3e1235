"""Settings from the environment and from files."""

from pathlib import Path

import pytest
from pydantic_settings import SettingsConfigDict, SettingsError

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="COMITY_TOY_", extra="ignore", frozen=True)

    names: dict[str, str] = {}


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITY_TOY_DATABASE_URL", "postgresql+asyncpg://toy@db/toy")


def test_a_value_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("between us \n")
    (tmp_path / "names").write_text('{"a": "b"}')
    monkeypatch.setenv("COMITY_TOY_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("COMITY_TOY_NAMES_FILE", str(tmp_path / "names"))
    settings = Settings()
    assert settings.client_secret == "between us "
    assert settings.names == {"a": "b"}


def test_the_password_joins_its_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss/word:1\n")
    monkeypatch.setenv("COMITY_TOY_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    settings = Settings()
    assert settings.database_url == "postgresql+asyncpg://toy:p%40ss%2Fword%3A1@db/toy"
    assert "p@ss" not in repr(settings)
    assert "p%40ss" not in repr(settings)


def test_both_at_once_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql+asyncpg://other@db/toy")
    monkeypatch.setenv("COMITY_TOY_DATABASE_URL_FILE", str(tmp_path / "url"))
    with pytest.raises(SettingsError, match="COMITY_TOY_DATABASE_URL and COMITY_TOY_DATABASE_URL_FILE are both set"):
        Settings()


def test_a_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COMITY_TOY_CLIENT_SECRET_FILE", str(tmp_path / "nothing"))
    with pytest.raises(SettingsError, match=r"COMITY_TOY_CLIENT_SECRET_FILE names .*nothing, which cannot be read"):
        Settings()


def test_an_argument_goes_before_everything(tmp_path: Path) -> None:
    assert Settings(database_url="postgresql+asyncpg://x@y/z").database_url == "postgresql+asyncpg://x@y/z"
