"""What an installation needs before anybody can sign in, and what its operator renews: accounts, machine clients, signing keys."""

from pydantic import Field, ValidationError
from pydantic_settings import SettingsConfigDict, SettingsError
from sqlalchemy import text

from deploy.errors import StartRefused, refused_setting
from deploy.parts import settings_of
from deploy.platform import SERVICES
from gateway.bootstrap import SHORTEST_SECRET, ensure_account, ensure_client
from gateway.tokens.keys import KEYS_SIGNAL, replace, rotate
from shared.database import Database, Signals
from shared.settings import FileSettings


class Operator(FileSettings):
    """The first account: COMITY_OPERATOR_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="COMITY_OPERATOR_", extra="ignore", frozen=True)

    email: str = Field("operator@comity.example", description="E-mail address of the first account, which `comity bootstrap` makes.")
    password: str = Field(description="Its first password; an account that exists keeps its own.", repr=False)


async def bootstrap() -> list[str]:
    """Make what is missing: the operator's account and the clients of the services that follow others; what was done, for people.

    May be repeated. A client whose secret differs from the given one takes the given one, which is how it is rotated.
    """
    try:
        operator = Operator()
    except ValidationError as error:
        raise refused_setting("operator", error) from error
    except SettingsError as error:
        raise StartRefused(str(error)) from error
    followers = [_follower(name) for name in SERVICES]
    database = Database(settings_of("gateway").database_url, pool_size=1)
    try:
        account = await ensure_account(database, email=operator.email, password=operator.password, roles=["operator"])
        said = [f"{operator.email}: {'made' if account.created else 'was there'}"]
        for name, client_id, secret in followers:
            client = await ensure_client(database, client_id=client_id, name=f"Follower of {name}", roles=["follower"], secret=secret)
            said.append(f"{client_id}: {'made' if client.created else 'took another secret' if client.secret else 'was there'}")
        return said
    finally:
        await database.dispose()


def _follower(name: str) -> tuple[str, str, str]:
    settings = settings_of(name)
    secret = settings.client_secret or ""
    if len(secret) < SHORTEST_SECRET:
        raise StartRefused(f"COMITY_{name.upper()}_CLIENT_SECRET must be random and have at least {SHORTEST_SECRET} characters: openssl rand -hex 32")
    return name, settings.client_id or f"{name}-follower", secret


async def rotate_keys(*, now: bool = False) -> str:
    """Begin a rotation, or with `now` replace every key at once; what was done, for people.

    Running gateways are told; one that is not reached looks again within seconds.
    """
    database = Database(settings_of("gateway").database_url, pool_size=1)
    try:
        if now:
            said = f"Signing with {await replace(database)}. Tokens of every other key are refused."
        else:
            waiting = await rotate(database)
            said = f"{waiting.key_id} is published and signs from {waiting.signs_from:%Y-%m-%dT%H:%M:%SZ}."
        async with database.reader.connect() as connection:
            await connection.execute(text("SELECT pg_notify(:channel, :signal)"), {"channel": Signals.CHANNEL, "signal": KEYS_SIGNAL})
        return said
    finally:
        await database.dispose()
