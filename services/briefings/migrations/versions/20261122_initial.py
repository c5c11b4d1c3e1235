"""The platform's tables and the briefings': briefings, parts, releases, deliveries."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "briefings_0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


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
        "briefings",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "bulletin",
                "alert",
                "guidance",
                "practice",
                "opportunity",
                "training",
                "exercise",
                "invitation",
                name="briefingtype",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("status", sa.Enum("Actual", "Exercise", "Test", name="messagestatus", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column(
            "urgency",
            sa.Enum("Immediate", "Expected", "Future", "Past", "Unknown", name="urgency", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column(
            "severity",
            sa.Enum("Extreme", "Severe", "Moderate", "Minor", "Unknown", name="severity", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column(
            "certainty",
            sa.Enum("Observed", "Likely", "Possible", "Unlikely", "Unknown", name="certainty", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("countries", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("handling", sa.Text(), nullable=True),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("audience", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False, comment="the subject who drafted it"),
        sa.Column("editors", postgresql.ARRAY(sa.Text()), nullable=False, comment="every subject whose hand is in the text, the author first"),
        sa.Column("released_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("type <> 'exercise' OR status <> 'Actual'", name=op.f("ck_briefings_status_not_mixed")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_briefings_expires_after_draft")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefings")),
    )
    op.create_index("ix_briefings_organization_id", "briefings", ["organization_id", "created_at", "id"], unique=False)
    op.create_table(
        "parts",
        sa.Column("briefing_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "marking",
            sa.Enum("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED", name="marking", native_enum=False, create_constraint=True, length=64),
            nullable=True,
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_parts_position")),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_parts_briefing_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("briefing_id", "position", name=op.f("pk_parts")),
    )
    op.create_table(
        "releases",
        sa.Column("briefing_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column(
            "marking",
            sa.Enum("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED", name="marking", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("released_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("audience", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("audience_digest", sa.Text(), nullable=False),
        sa.Column("unknown_choice", sa.Enum("leave_out", "include", name="unknownchoice", native_enum=False, create_constraint=True, length=64), nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False, comment="seats whose membership was not known, whatever became of them"),
        sa.Column("recipients_digest", sa.Text(), nullable=False, comment="SHA-256 of the recipients' seat ids in order, joined by commas, in hex"),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.CheckConstraint("marking <> 'TLP:RED' OR jsonb_typeof(audience -> 'predicate') = 'null'", name=op.f("ck_releases_red_names")),
        sa.CheckConstraint("marking IN ('TLP:CLEAR', 'TLP:GREEN') OR NOT (released_by = ANY (authors))", name=op.f("ck_releases_two_hands")),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_releases_briefing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("briefing_id", name=op.f("uq_releases_briefing_id")),
    )
    op.create_table(
        "omissions",
        sa.Column("release_id", sa.UUID(), nullable=False),
        sa.Column("seat_id", sa.UUID(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            comment="what the release's predicate read of this seat",
        ),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_omissions_release_id")),
        sa.PrimaryKeyConstraint("release_id", "seat_id", name=op.f("pk_omissions")),
    )
    op.create_table(
        "deliveries",
        sa.Column("release_id", sa.UUID(), nullable=False),
        sa.Column("seat_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.Enum("inbox", name="channel", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("briefing_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False, comment="who issued it"),
        sa.Column(
            "marking",
            sa.Enum("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED", name="marking", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Enum("included", "unknown", name="outcome", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column(
            "facts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False, comment="what the release's predicate read of this seat"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("delivered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_deliveries_acknowledged_by_somebody")),
        sa.CheckConstraint("(opened_at IS NULL) = (opened_by IS NULL)", name=op.f("ck_deliveries_opened_by_somebody")),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_deliveries_briefing_id")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_deliveries_release_id")),
        sa.PrimaryKeyConstraint("release_id", "seat_id", "channel", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("id", name=op.f("uq_deliveries_id")),
    )
    op.create_index("ix_deliveries_briefing_id", "deliveries", ["briefing_id", "actor_name", "id"], unique=False)
    op.create_index("ix_deliveries_organization_id", "deliveries", ["organization_id", "actor_name", "id"], unique=False)
    op.create_index("ix_deliveries_seat_id", "deliveries", ["seat_id", "queued_at", "id"], unique=False)
    op.execute("INSERT INTO relay_state (id, position) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("omissions")
    op.drop_table("releases")
    op.drop_table("parts")
    op.drop_table("briefings")
    op.drop_table("service_keys")
    op.drop_table("relay_state")
    op.drop_table("idempotency_keys")
    op.drop_table("followers")
    op.drop_table("followed_events")
    op.drop_table("events")
    op.drop_table("directory_seats")
    op.drop_table("directory_actors")
