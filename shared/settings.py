"""What an operator sets, read from the environment as COMITY_<SERVICE>_<NAME>, or from the file that COMITY_<SERVICE>_<NAME>_FILE names."""

import os
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


class FromFiles(PydanticBaseSettingsSource):
    """Values that lie in files, so that secrets are mounted and appear in no environment. A trailing line break is not part of the value."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{self.config.get('env_prefix', '')}{field_name}".upper()
        file = os.environ.get(f"{variable}_FILE")
        if not file:
            return None, field_name, False
        if os.environ.get(variable):
            raise SettingsError(f"{variable} and {variable}_FILE are both set. Leave one of them out.")
        try:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n"), field_name, self.field_is_complex(field)
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{variable}_FILE names {file}, which cannot be read: {error}.") from error

    def __call__(self) -> dict[str, Any]:
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, is_complex = self.get_field_value(field, name)
            if value is not None:
                found[key] = self.prepare_field_value(name, field, value, is_complex)
        return found


class FileSettings(BaseSettings):
    """Settings whose values may lie in files."""

    @classmethod
    def settings_customise_sources(cls, settings_cls: type[BaseSettings], *sources: Any, **named: Any) -> tuple[Any, ...]:
        """Arguments, then the environment, then files."""
        return named["init_settings"], named["env_settings"], FromFiles(settings_cls)


class ServiceSettings(FileSettings):
    """What every service takes. A service subclasses this with its own prefix."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    database_url: str = Field(description="postgresql+asyncpg URL of the service's own database.", repr=False)
    database_password: str | None = Field(None, description="The password of that URL, when it is kept apart from it.", repr=False)
    pool_size: int = Field(8, ge=1, le=100, description="Connections of one process to the database.")
    max_body: int = Field(1_048_576, ge=1_024, description="Largest request body in bytes; imports have their own limit.")
    gateway_url: str = Field("http://127.0.0.1:8000", description="Where the gateway answers: its keys, tokens and the feeds of the other services.")
    client_id: str | None = Field(None, description="Machine client under which the service follows the others.")
    client_secret: str | None = Field(None, description="The client's secret.", repr=False)
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    access_log_sample: float = Field(1.0, ge=0, le=1, description="Share of the requests that leave a line in the log; failed ones always do.")
    metrics_token: str | None = Field(
        None, description="Bearer token that /metrics asks for; without one it answers clients on the same machine only.", repr=False
    )

    @model_validator(mode="before")
    @classmethod
    def _with_password(cls, given: dict[str, Any]) -> dict[str, Any]:
        """The URL as the driver takes it, with the password that was kept apart."""
        password, url = given.get("database_password"), given.get("database_url")
        if not password or not url:
            return given
        try:
            return {**given, "database_url": make_url(url).set(password=password).render_as_string(hide_password=False)}
        except (ArgumentError, ValueError) as error:
            raise ValueError("DATABASE_URL is not the address of a database") from error
