"""What an operator sets for this service: COMITY_AGREEMENTS_<NAME>."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="COMITY_AGREEMENTS_", extra="ignore", frozen=True)
