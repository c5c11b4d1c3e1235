"""The platform's tables and the registry's: actors, seats, imports."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_initial"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _box(key_hash: str) -> str:
    """A row in the plane of keys and days, as a box for GiST: two of one key never touch."""
    key = f"(({key_hash}) >> 11)::double precision"
    first, last = "coalesce(valid_from - '2000-01-01'::date, -4000000)", "coalesce(valid_through - '2000-01-01'::date, 4000000)"
    return f"box(point({key}, {first}), point({key}, {last}))"


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
        "actors",
        sa.Column(
            "kind",
            sa.Enum(
                "nation",
                "state",
                "county",
                "county_subdivision",
                "municipality",
                "indigenous_government",
                "agency",
                "commission",
                "network",
                "office",
                "university",
                "organisation",
                name="actorkind",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("status", sa.Enum("active", "dissolved", "merged", name="actorstatus", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("preferred_language", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="the preferred name in the preferred language"),
        sa.Column("sort_name", sa.Text(), nullable=False, comment="that name folded"),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="language to preferred name"),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column(
            "border_m",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="neighbouring country to whole metres from its border, 0 where it touches",
        ),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True, comment="the day on which the source was read"),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name=op.f("ck_actors_place")),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name=op.f("ck_actors_on_earth")),
        sa.CheckConstraint("names ? preferred_language", name=op.f("ck_actors_named")),
        sa.CheckConstraint("population >= 0", name=op.f("ck_actors_population")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actors")),
    )
    op.create_index("ix_actors_border_m", "actors", ["border_m"], unique=False, postgresql_using="gin", postgresql_where=sa.text("border_m <> '{}'::jsonb"))
    op.create_index("ix_actors_kind", "actors", ["kind"], unique=False)
    op.create_index("ix_actors_place", "actors", ["country", "subdivision"], unique=False)
    op.create_index("ix_actors_population", "actors", [sa.literal_column("coalesce(population, '-1'::integer)"), "id"], unique=False)
    op.create_index("ix_actors_sort_name", "actors", ["sort_name", "id"], unique=False)
    op.create_table(
        "imports",
        sa.Column("preset", sa.Enum("actors", name="importpreset", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "uploading", "validating", "applying", "done", "failed", "cancelled", name="importstate", native_enum=False, create_constraint=True, length=64
            ),
            nullable=False,
        ),
        sa.Column("validate_only", sa.Boolean(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True, comment="SHA-256 of the caller and the Idempotency-Key, in hexadecimal"),
        sa.Column("subject", sa.Text(), nullable=False, comment="who sent it; the events of its rows name the same"),
        sa.Column("organization", sa.UUID(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=True, comment="the traceparent (W3C) of the upload"),
        sa.Column("digest", sa.Text(), nullable=True, comment="SHA-256 of the file in hexadecimal"),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("chunks_read", sa.Integer(), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=True, comment="the file's header, once read"),
        sa.Column("readable", sa.Boolean(), nullable=False, comment="false: reading ended before the file did"),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_valid", sa.Integer(), nullable=False),
        sa.Column("rows_applied", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="how many were created, changed, unchanged"),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("uploaded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("key", name=op.f("uq_imports_key")),
    )
    op.create_index("ix_imports_waiting", "imports", ["id"], unique=False, postgresql_where=sa.text("state IN ('uploading', 'validating', 'applying')"))
    op.create_table(
        "people",
        sa.Column("name", sa.Text(), nullable=True, comment="null once erased"),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_table(
        "actor_identifiers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_through", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint((sa.text(_box("hashtextextended(scheme || ':' || value, 0)")), "&&"), using="gist", name="ex_actor_identifiers_overlap"),
        sa.CheckConstraint("valid_from <= valid_through", name=op.f("ck_actor_identifiers_period")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_actor_identifiers_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor_identifiers")),
    )
    op.create_index("ix_actor_identifiers_actor_id", "actor_identifiers", ["actor_id"], unique=False)
    op.create_index("ix_actor_identifiers_key", "actor_identifiers", ["scheme", "value"], unique=False)
    op.create_table(
        "actor_names",
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Enum("preferred", "former", "alternative", name="namekind", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False, comment="words without case and accents, one blank between"),
        sa.Column("words", postgresql.TSVECTOR(), sa.Computed("array_to_tsvector(string_to_array(folded, ' '::text))", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_actor_names_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", "language", "name", name=op.f("pk_actor_names")),
    )
    op.create_index("ix_actor_names_words", "actor_names", ["words"], unique=False, postgresql_using="gin")
    op.create_index("uq_actor_names_preferred", "actor_names", ["actor_id", "language"], unique=True, postgresql_where=sa.text("kind = 'preferred'"))
    op.create_table(
        "actor_parents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("parent_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_through", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint((sa.text(_box("uuid_hash_extended(actor_id, 0)")), "&&"), using="gist", name="ex_actor_parents_overlap"),
        sa.CheckConstraint("actor_id <> parent_id", name=op.f("ck_actor_parents_itself")),
        sa.CheckConstraint("valid_from <= valid_through", name=op.f("ck_actor_parents_period")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_actor_parents_actor_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["actors.id"], name=op.f("fk_actor_parents_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor_parents")),
    )
    op.create_index("ix_actor_parents_actor_id", "actor_parents", ["actor_id"], unique=False)
    op.create_index("ix_actor_parents_parent_id", "actor_parents", ["parent_id"], unique=False)
    op.create_table(
        "import_chunks",
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_chunks_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_chunks")),
    )
    op.create_table(
        "import_problems",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_problems_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_problems")),
    )
    op.create_index("ix_import_problems_line", "import_problems", ["import_id", "line", "id"], unique=False)
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("faulty", sa.Boolean(), nullable=False),
        sa.Column("key_scheme", sa.Text(), nullable=False),
        sa.Column("key_value", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("preferred_language", sa.Text(), nullable=True),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="language to name"),
        sa.Column("folded", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="language to folded name"),
        sa.Column("identifiers", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="scheme to value, the key among them"),
        sa.Column("parent_scheme", sa.Text(), nullable=True),
        sa.Column("parent_value", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("border_m", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seat_role", sa.Text(), nullable=True),
        sa.Column("seat_title", sa.Text(), nullable=True),
        sa.Column("seat_email", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id")),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_rows")),
    )
    op.create_table(
        "seats",
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "chief_executive",
                "deputy",
                "head",
                "secretariat",
                "international_affairs",
                "emergency_management",
                "legal_counsel",
                "protocol",
                "liaison",
                name="seatrole",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Enum("active", "abolished", name="seatstatus", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_seats_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seats")),
    )
    op.create_index("ix_seats_actor_id", "seats", ["actor_id", "role"], unique=False)
    op.create_index("uq_seats_chief_executive", "seats", ["actor_id"], unique=True, postgresql_where=sa.text("role = 'chief_executive' AND status = 'active'"))
    op.create_table(
        "contact_points",
        sa.Column("seat_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.Enum("email", "webhook", name="channel", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.CheckConstraint("length(address) <= 500", name=op.f("ck_contact_points_address")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_contact_points_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_points")),
        sa.UniqueConstraint("seat_id", "channel", "address", name=op.f("uq_contact_points_seat_id_channel_address")),
    )
    op.create_table(
        "seat_holders",
        sa.Column("seat_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_through", sa.Date(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        postgresql.ExcludeConstraint((sa.text(_box("uuid_hash_extended(seat_id, 0)")), "&&"), using="gist", name="ex_seat_holders_overlap"),
        sa.CheckConstraint("valid_from <= valid_through", name=op.f("ck_seat_holders_period")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_seat_holders_person_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_seat_holders_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_holders")),
    )
    op.create_index("ix_seat_holders_seat_id", "seat_holders", ["seat_id"], unique=False)
    op.execute("INSERT INTO relay_state (id, position) VALUES (1, 0)")
    # Chunks are read once, whole: compressing them costs more than it saves.
    op.execute("ALTER TABLE import_chunks ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_table("seat_holders")
    op.drop_table("contact_points")
    op.drop_table("seats")
    op.drop_table("import_rows")
    op.drop_table("import_problems")
    op.drop_table("import_chunks")
    op.drop_table("actor_parents")
    op.drop_table("actor_names")
    op.drop_table("actor_identifiers")
    op.drop_table("people")
    op.drop_table("imports")
    op.drop_table("actors")
    op.drop_table("service_keys")
    op.drop_table("relay_state")
    op.drop_table("idempotency_keys")
    op.drop_table("followers")
    op.drop_table("followed_events")
    op.drop_table("events")
    op.drop_table("directory_seats")
    op.drop_table("directory_actors")
