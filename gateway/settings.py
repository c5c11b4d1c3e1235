"""What an operator sets for the gateway: COMITY_GATEWAY_<NAME>."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="COMITY_GATEWAY_", extra="ignore", frozen=True)

    public_url: str = Field(
        "http://127.0.0.1:8000", description="The address clients use; it is the issuer of access tokens and the server of the API document."
    )
    max_upload: int = Field(
        134_217_728, ge=1_024, description="Largest request body in bytes that is passed on to a service; each service has its own, smaller limit."
    )
    upstreams: dict[str, str] = Field({}, description="Where the services answer when they are other processes, as JSON: service to address.")
    access_token_seconds: int = Field(900, ge=60, le=3_600, description="How long an access token lives.")
    session_days: int = Field(30, ge=1, le=365, description="How long a person stays signed in without giving the password again.")
    idle_days: int = Field(7, ge=1, le=365, description="How long a refresh token waits for its use.")

    @property
    def access_token_for(self) -> timedelta:
        return timedelta(seconds=self.access_token_seconds)
