"""What an operator sets for this service: COMITY_REGISTRY_<NAME>."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="COMITY_REGISTRY_", extra="ignore", frozen=True)

    max_import: int = Field(67_108_864, ge=1_024, description="Largest file of an import in bytes.")
    uploads_at_once: int = Field(4, ge=1, le=100, description="Uploads of imports that one process takes at once; each holds a database connection.")
