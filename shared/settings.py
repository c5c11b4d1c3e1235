"""What an operator sets, read from the environment as COMITY_<SERVICE>_<NAME>."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What every service takes. A service subclasses this with its own prefix."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    database_url: str = Field(description="postgresql+asyncpg URL of the service's own database.")
    pool_size: int = Field(8, ge=1, le=100, description="Connections of one process to the database.")
    max_body: int = Field(1_048_576, ge=1_024, description="Largest request body in bytes; imports have their own limit.")
    gateway_url: str = Field("http://127.0.0.1:8000", description="Where the gateway answers: its keys, tokens and the feeds of the other services.")
    client_id: str | None = Field(None, description="Machine client under which the service follows the others.")
    client_secret: str | None = Field(None, description="The client's secret.", repr=False)
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
