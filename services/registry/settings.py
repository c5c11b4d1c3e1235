"""What an operator sets for this service: COMITY_REGISTRY_<NAME>."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import FileSettings, ServiceSettings


class Ageing(FileSettings):
    """What the worker asks for by itself: how long nothing may happen."""

    model_config = SettingsConfigDict(env_prefix="COMITY_REGISTRY_", extra="ignore", frozen=True)

    dormant_after_days: int = Field(730, ge=1, le=36_500, description="Days without any activity after which a partnership of two actors counts as dormant.")


class Reviewing(FileSettings):
    """What the national review may tell."""

    model_config = SettingsConfigDict(env_prefix="COMITY_REGISTRY_", extra="ignore", frozen=True)

    review_least: int = Field(5, ge=3, le=1_000, description="Fewest governments whose answers the national review adds up in public; fewer are withheld.")
    review_years: int = Field(
        5, ge=1, le=50, description="Years at whose end a capacity report counts in the national review: its own, and those after it until a newer one."
    )


class Settings(ServiceSettings, Ageing, Reviewing):
    model_config = SettingsConfigDict(env_prefix="COMITY_REGISTRY_", extra="ignore", frozen=True)

    public_url: str = Field("http://127.0.0.1:8000", description="The address clients use, as the manifest of the reconciliation service names it.")
    max_import: int = Field(67_108_864, ge=1_024, description="Largest file of an import in bytes.")
    exports_at_once: int = Field(4, ge=1, le=100, description="Files of the registry that one process writes at once; each holds a database connection.")
    uploads_at_once: int = Field(4, ge=1, le=100, description="Uploads of imports that one process takes at once; each holds a database connection.")
