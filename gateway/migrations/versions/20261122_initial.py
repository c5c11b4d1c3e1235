"""The gateway's tables: accounts, clients, keys, sessions, and what every service has."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "gateway_initial"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _clearance() -> sa.Enum:
    return sa.Enum("clear", "green", "amber", "amber_strict", "red", name="clearance", native_enum=False, create_constraint=True, length=64)


def _status() -> sa.Enum:
    return sa.Enum("active", "disabled", name="status", native_enum=False, create_constraint=True, length=64)


def upgrade() -> None:
    op.create_table(
        "directory_actors",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="in the actor's preferred language"),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="language to name"),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column(
            "border_m", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="country to whole metres; a country that is absent is not recorded"
        ),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_actors")),
    )
    op.create_index("ix_directory_actors_parent_id", "directory_actors", ["parent_id"], unique=False)
    op.create_index("ix_directory_actors_place", "directory_actors", ["country", "subdivision"], unique=False)
    op.create_table(
        "directory_seats",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_seats")),
    )
    op.create_index("ix_directory_seats_actor_id", "directory_seats", ["actor_id"], unique=False)
    op.create_index("ix_directory_seats_role", "directory_seats", ["role"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True, comment="gap-free, given by the relay after the commit; readers see positioned rows only"),
        sa.Column("aggregatetype", sa.Text(), nullable=False),
        sa.Column("aggregateid", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("time", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payload_open", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the fields that every reader of the row may see"),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("organizations", postgresql.ARRAY(sa.UUID()), nullable=False, comment="who may see the row and its closed fields"),
        sa.Column("subject", sa.Text(), nullable=False, comment="who did it: an id, never a name"),
        sa.Column("organization", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=True, comment="the traceparent (W3C) of the span that made the change"),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("visibility IN ('public', 'organizations', 'internal')", name=op.f("ck_events_visibility")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_aggregate", "events", ["aggregatetype", "aggregateid", "seq"], unique=False)
    op.create_index("ix_events_waiting", "events", ["seq"], unique=False, postgresql_where=sa.text("position IS NULL"))
    op.create_index("uq_events_position", "events", ["position"], unique=True)
    op.create_table(
        "followed_events",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("applied_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_followed_events")),
    )
    op.create_index("ix_followed_events_applied_at", "followed_events", ["applied_at"], unique=False)
    op.create_table(
        "followers",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("last_event_id", sa.UUID(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_followers")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="SHA-256 of subject and key"),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="SHA-256 of method, path and body"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "relay_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="the last position given out"),
        sa.CheckConstraint("id = 1", name=op.f("ck_relay_state_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_state")),
    )
    op.create_table(
        "service_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_service_keys")),
    )
    op.create_table(
        "accounts",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("seats", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "clearance",
            _clearance(),
            nullable=False,
        ),
        sa.Column("status", _status(), nullable=False),
        sa.Column("token_epoch", sa.Integer(), nullable=False),
        sa.Column("epoch_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("password_hash LIKE '$argon2id$%'", name=op.f("ck_accounts_password_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email_key", name=op.f("uq_accounts_email_key")),
    )
    op.create_index("ix_accounts_epoch_at", "accounts", ["epoch_at"], unique=False)
    op.create_table(
        "clients",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("seats", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "clearance",
            _clearance(),
            nullable=False,
        ),
        sa.Column("status", _status(), nullable=False),
        sa.Column("token_epoch", sa.Integer(), nullable=False),
        sa.Column("epoch_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("secret_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_clients_secret_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("client_id", name=op.f("uq_clients_client_id")),
    )
    op.create_index("ix_clients_epoch_at", "clients", ["epoch_at"], unique=False)
    op.create_table(
        "login_attempts",
        sa.Column("email_digest", sa.Text(), nullable=False, comment="SHA-256 of the address, so that a mistyped one is not kept"),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("tried_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("locked_until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("email_digest", name=op.f("pk_login_attempts")),
    )
    op.create_index("ix_login_attempts_tried_at", "login_attempts", ["tried_at"], unique=False)
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text(), nullable=False, comment="the kid: RFC 7638 thumbprint of the public key"),
        sa.Column("private_pem", sa.Text(), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Enum("active", "retired", name="keystate", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("not_after", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'retired') = (not_after IS NOT NULL)", name=op.f("ck_signing_keys_retired_ends")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_index("uq_signing_keys_active", "signing_keys", ["state"], unique=True, postgresql_where=sa.text("state = 'active'"))
    op.create_table(
        "sessions",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"], unique=False)
    op.create_index("ix_sessions_revoked_at", "sessions", ["revoked_at"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("session_id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_refresh_tokens_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"], unique=False)
    op.execute("INSERT INTO relay_state (id, position) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_index("ix_refresh_tokens_session_id", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("ix_sessions_revoked_at", table_name="sessions")
    op.drop_index("ix_sessions_account_id", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("uq_signing_keys_active", table_name="signing_keys", postgresql_where=sa.text("state = 'active'"))
    op.drop_table("signing_keys")
    op.drop_index("ix_login_attempts_tried_at", table_name="login_attempts")
    op.drop_table("login_attempts")
    op.drop_index("ix_clients_epoch_at", table_name="clients")
    op.drop_table("clients")
    op.drop_index("ix_accounts_epoch_at", table_name="accounts")
    op.drop_table("accounts")
    op.drop_table("service_keys")
    op.drop_table("relay_state")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("followers")
    op.drop_index("ix_followed_events_applied_at", table_name="followed_events")
    op.drop_table("followed_events")
    op.drop_index("uq_events_position", table_name="events")
    op.drop_index("ix_events_waiting", table_name="events", postgresql_where=sa.text("position IS NULL"))
    op.drop_index("ix_events_aggregate", table_name="events")
    op.drop_table("events")
    op.drop_index("ix_directory_seats_role", table_name="directory_seats")
    op.drop_index("ix_directory_seats_actor_id", table_name="directory_seats")
    op.drop_table("directory_seats")
    op.drop_index("ix_directory_actors_place", table_name="directory_actors")
    op.drop_index("ix_directory_actors_parent_id", table_name="directory_actors")
    op.drop_table("directory_actors")
