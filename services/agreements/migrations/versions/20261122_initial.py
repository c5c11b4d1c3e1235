"""The platform's tables and the agreements': parties, texts, actions, gates, signatures."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "agreements_initial"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# What was said and done stays as it was, whoever has the database's password at hand.
RECORDS = ("actions", "texts", "signatures", "gate_decisions")


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
        "agreements",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("titles_folded", sa.Text(), nullable=False, comment="for search and order: lower case, without accents"),
        sa.Column(
            "kind",
            sa.Enum(
                "mou",
                "letter_of_intent",
                "declaration",
                "joint_statement",
                "sister_city",
                "friendship_city",
                "binding_agreement",
                "administrative_agreement",
                "non_binding_instrument",
                "network_commitment",
                "contract",
                "subsidiary",
                name="instrumentkind",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("proposed_term_months", sa.Integer(), nullable=True),
        sa.Column("proposer_id", sa.UUID(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "proposed",
                "text_open",
                "text_adopted",
                "partly_signed",
                "in_force",
                "withdrawn",
                "declined",
                "terminated",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("in_force_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column(
            "withheld_reason",
            sa.Enum(
                "personal_data",
                "security",
                "commercial_confidence",
                "foreign_relations",
                "other_law",
                name="withholdingreason",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=True,
        ),
        sa.Column("withheld_review_on", sa.Date(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(ended_on IS NOT NULL) = (status = 'terminated')", name=op.f("ck_agreements_ended_on")),
        sa.CheckConstraint("(in_force_on IS NOT NULL) = (status IN ('in_force', 'terminated'))", name=op.f("ck_agreements_in_force_on")),
        sa.CheckConstraint("(signed_on IS NOT NULL) = (status IN ('in_force', 'terminated'))", name=op.f("ck_agreements_signed_on")),
        sa.CheckConstraint("(withheld_reason IS NULL) = (withheld_review_on IS NULL)", name=op.f("ck_agreements_withheld")),
        sa.CheckConstraint("proposed_term_months BETWEEN 1 AND 1200", name=op.f("ck_agreements_proposed_term_months")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        sa.UniqueConstraint("reference", name=op.f("uq_agreements_reference")),
    )
    op.create_index("ix_agreements_newest", "agreements", ["created_at", "id"], unique=False)
    op.create_index("ix_agreements_register", "agreements", ["signed_on", "id"], unique=False, postgresql_where=sa.text("status IN ('in_force', 'terminated')"))
    op.create_index("ix_agreements_topics", "agreements", ["topics"], unique=False, postgresql_using="gin")
    op.create_table(
        "parties",
        sa.Column("agreement_id", sa.UUID(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=True),
        sa.Column(
            "legal_characterisation",
            sa.Enum(
                "non_binding",
                "interinstitutional_agreement_international_law",
                "binding_international_law",
                "administrative_agreement",
                "non_normative_agreement",
                "contract_domestic_law",
                name="characterisation",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=True,
        ),
        sa.Column("authority", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.CheckConstraint("(authority IS NULL) OR (legal_characterisation IS NOT NULL)", name=op.f("ck_parties_authority_of_a_characterisation")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreements.id"], name=op.f("fk_parties_agreement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
        sa.UniqueConstraint("agreement_id", "actor_id", name=op.f("uq_parties_agreement_id_actor_id")),
        sa.UniqueConstraint("agreement_id", "nth", name=op.f("uq_parties_agreement_id_nth")),
    )
    op.create_index("ix_parties_actor_id", "parties", ["actor_id"], unique=False)
    op.create_table(
        "texts",
        sa.Column("agreement_id", sa.UUID(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("authentic", sa.Boolean(), nullable=False),
        sa.Column("media_type", sa.Enum("text/markdown", "text/plain", name="mediatype", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("attached_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("attached_by_id", sa.UUID(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_texts_sha256")),
        sa.CheckConstraint("size_bytes = octet_length(body) AND size_bytes BETWEEN 1 AND 500000", name=op.f("ck_texts_size_bytes")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreements.id"], name=op.f("fk_texts_agreement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts")),
        sa.UniqueConstraint("agreement_id", "language", "version", name=op.f("uq_texts_agreement_id_language_version")),
    )
    op.create_table(
        "actions",
        sa.Column("agreement_id", sa.UUID(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "propose",
                "open_text",
                "adopt_text",
                "sign",
                "enter_into_force",
                "withdraw",
                "decline",
                "terminate",
                "change",
                "leave",
                "file",
                "decide",
                "attach_text",
                "withhold",
                "publish",
                name="actionkind",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("party_id", sa.UUID(), nullable=True),
        sa.Column("gate_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreements.id"], name=op.f("fk_actions_agreement_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_actions_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sa.UniqueConstraint("agreement_id", "nth", name=op.f("uq_actions_agreement_id_nth")),
    )
    op.create_index("uq_actions_entry_into_force", "actions", ["agreement_id"], unique=True, postgresql_where=sa.text("kind = 'enter_into_force'"))
    op.create_table(
        "gates",
        sa.Column("agreement_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("rulebook_id", sa.Text(), nullable=False),
        sa.Column("rulebook_version", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("approve", "opinion", "notify", "consult", "object", name="gatekind", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("before", sa.Enum("negotiate", "sign", "in_force", name="stage", native_enum=False, create_constraint=True, length=64), nullable=False),
        sa.Column("decides_country", sa.Text(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evaluation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "filed", "decided", "deemed", "not_applicable", "unknown", name="gatestate", native_enum=False, create_constraint=True, length=64),
            nullable=False,
        ),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("cleared", sa.Boolean(), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("filed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("filed_by_id", sa.UUID(), nullable=True),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(outcome IS NOT NULL) = (state IN ('decided', 'deemed'))", name=op.f("ck_gates_outcome")),
        sa.CheckConstraint("cleared = false OR state IN ('decided', 'deemed')", name=op.f("ck_gates_cleared")),
        sa.CheckConstraint("state <> 'decided' OR decided_at IS NOT NULL", name=op.f("ck_gates_decided_at")),
        sa.CheckConstraint("state <> 'filed' OR filed_at IS NOT NULL", name=op.f("ck_gates_filed_at")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreements.id"], name=op.f("fk_gates_agreement_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_gates_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gates")),
        sa.UniqueConstraint("agreement_id", "party_id", "rulebook_id", "key", name=op.f("uq_gates_agreement_id_party_id_rulebook_id_key")),
    )
    op.create_index("ix_gates_party_id", "gates", ["party_id"], unique=False)
    op.create_index("ix_gates_work_list", "gates", ["decides_country", "state", "opened_at"], unique=False)
    op.create_table(
        "signatures",
        sa.Column("agreement_id", sa.UUID(), nullable=False),
        sa.Column("party_id", sa.UUID(), nullable=False),
        sa.Column("text_hashes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "legal_characterisation",
            sa.Enum(
                "non_binding",
                "interinstitutional_agreement_international_law",
                "binding_international_law",
                "administrative_agreement",
                "non_normative_agreement",
                "contract_domestic_law",
                name="characterisation",
                native_enum=False,
                create_constraint=True,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("authority", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("signed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.CheckConstraint("cardinality(text_hashes) > 0", name=op.f("ck_signatures_text_hashes")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreements.id"], name=op.f("fk_signatures_agreement_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_signatures_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        sa.UniqueConstraint("agreement_id", "party_id", name=op.f("uq_signatures_agreement_id_party_id")),
    )
    op.create_index("ix_signatures_party_id", "signatures", ["party_id"], unique=False)
    op.create_table(
        "gate_decisions",
        sa.Column("gate_id", sa.UUID(), nullable=False),
        sa.Column("agreement_id", sa.UUID(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("outcome_titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("clears", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("text_hashes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreements.id"], name=op.f("fk_gate_decisions_agreement_id")),
        sa.ForeignKeyConstraint(["gate_id"], ["gates.id"], name=op.f("fk_gate_decisions_gate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_decisions")),
    )
    op.create_index("ix_gate_decisions_agreement_id", "gate_decisions", ["agreement_id"], unique=False)
    op.create_index("ix_gate_decisions_gate_id", "gate_decisions", ["gate_id"], unique=False)
    op.execute("INSERT INTO relay_state (id, position) VALUES (1, 0)")
    op.execute("CREATE SEQUENCE agreement_numbers")
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is a record: rows are added and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in RECORDS:
        op.execute(f"CREATE TRIGGER {table}_are_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.drop_table("gate_decisions")
    op.drop_table("signatures")
    op.drop_table("gates")
    op.drop_table("actions")
    op.drop_table("texts")
    op.drop_table("parties")
    op.drop_table("agreements")
    op.drop_table("service_keys")
    op.drop_table("relay_state")
    op.drop_table("idempotency_keys")
    op.drop_table("followers")
    op.drop_table("followed_events")
    op.drop_table("events")
    op.drop_table("directory_seats")
    op.drop_table("directory_actors")
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP SEQUENCE agreement_numbers")
