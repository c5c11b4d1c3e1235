"""People have a keeper, contact points their kind, days and hours; memberships, claims, official domains."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_people"
down_revision: str | None = "registry_judgements"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MEMBER = (
    "uuid_hash_extended(person_id, uuid_hash_extended(organization_id, "
    "uuid_hash_extended(coalesce(on_behalf_of_id, '00000000-0000-0000-0000-000000000000'::uuid), hashtextextended(coalesce(role, ''), 0))))"
)


def _box(key_hash: str) -> str:
    """A row in the plane of keys and days, as a box for GiST: two of one key never touch."""
    key = f"(({key_hash}) >> 11)::double precision"
    first, last = "coalesce(valid_from - '2000-01-01'::date, -4000000)", "coalesce(valid_through - '2000-01-01'::date, 4000000)"
    return f"box(point({key}, {first}), point({key}, {last}))"


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=64)


def upgrade() -> None:
    _people()
    _contact_points()
    op.create_index("ix_seat_holders_person_id", "seat_holders", ["person_id"], unique=False)
    _memberships()
    _claims()
    op.create_table(
        "actor_domains",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True, comment="the source's own word"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True, comment="the day on which the source was read"),
        sa.CheckConstraint("domain = lower(domain) AND length(domain) <= 253", name=op.f("ck_actor_domains_domain")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_actor_domains_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor_domains")),
        sa.UniqueConstraint("domain", "actor_id", "source", name=op.f("uq_actor_domains_domain_actor_id_source")),
    )
    op.create_index("ix_actor_domains_actor_id", "actor_domains", ["actor_id"], unique=False)
    # Histories show what a change changed. An object that is not there differs in everything.
    op.execute(
        """
        CREATE FUNCTION jsonb_differing(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$SELECT jsonb_object_agg(key, value) FROM jsonb_each(one) WHERE value IS DISTINCT FROM other -> key$$
        """
    )


def _people() -> None:
    op.add_column("people", sa.Column("organization_id", sa.UUID(), nullable=True, comment="the actor that keeps the record"))
    op.add_column("people", sa.Column("erased_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("people", sa.Column("version", sa.BigInteger(), server_default="1", nullable=False))
    op.alter_column("people", "version", server_default=None)
    op.execute(
        """
        UPDATE people SET organization_id = (
            SELECT s.actor_id FROM seat_holders AS h JOIN seats AS s ON s.id = h.seat_id WHERE h.person_id = people.id ORDER BY h.valid_from DESC LIMIT 1
        ), erased_at = CASE WHEN name IS NULL THEN updated_at END
        """
    )
    op.create_check_constraint(op.f("ck_people_erased"), "people", "(name IS NULL) = (erased_at IS NOT NULL)")
    op.create_foreign_key(op.f("fk_people_organization_id"), "people", "actors", ["organization_id"], ["id"])
    op.create_index("ix_people_organization_id", "people", ["organization_id"], unique=False)


def _contact_points() -> None:
    op.add_column("contact_points", sa.Column("kind", _enum("contactkind", "office", "personal"), server_default="office", nullable=False))
    op.add_column("contact_points", sa.Column("person_id", sa.UUID(), nullable=True, comment="whose address it is, when it is personal"))
    op.add_column("contact_points", sa.Column("preferred", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column(
        "contact_points",
        sa.Column(
            "hours",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="when somebody is there: days, opens, closes; null: not said",
        ),
    )
    op.add_column("contact_points", sa.Column("time_zone", sa.Text(), nullable=True, comment="of the hours, a name of the IANA time zone database"))
    op.add_column("contact_points", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("contact_points", sa.Column("valid_through", sa.Date(), nullable=True))
    op.create_check_constraint(op.f("ck_contact_points_contactkind"), "contact_points", "kind IN ('office', 'personal')")
    op.create_check_constraint(op.f("ck_contact_points_period"), "contact_points", "valid_from <= valid_through")
    op.create_check_constraint(op.f("ck_contact_points_personal"), "contact_points", "(kind = 'personal') = (person_id IS NOT NULL)")
    op.create_check_constraint(op.f("ck_contact_points_hours"), "contact_points", "hours IS NULL OR time_zone IS NOT NULL")
    op.create_foreign_key(op.f("fk_contact_points_person_id"), "contact_points", "people", ["person_id"], ["id"])
    op.create_index("uq_contact_points_preferred", "contact_points", ["seat_id", "channel"], unique=True, postgresql_where=sa.text("preferred"))
    op.create_index("ix_contact_points_person_id", "contact_points", ["person_id"], unique=False, postgresql_where=sa.text("person_id IS NOT NULL"))


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("organization_id", sa.UUID(), nullable=False),
        sa.Column("on_behalf_of_id", sa.UUID(), nullable=True, comment="for whom the person sits there"),
        sa.Column("role", sa.Text(), nullable=True, comment="as what: delegate, adviser, chair"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True, comment="the day on which the source was read"),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_through", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint((sa.text(_box(MEMBER)), "&&"), using="gist", name="ex_memberships_overlap"),
        sa.CheckConstraint("valid_from <= valid_through", name=op.f("ck_memberships_period")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_memberships_person_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["actors.id"], name=op.f("fk_memberships_organization_id")),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["actors.id"], name=op.f("fk_memberships_on_behalf_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
    )
    for name in ("person_id", "organization_id", "on_behalf_of_id"):
        op.create_index(f"ix_memberships_{name}", "memberships", [name], unique=False)


def _claims() -> None:
    op.create_table(
        "seat_claims",
        sa.Column("seat_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="the account that claims"),
        sa.Column("email_domain", sa.Text(), nullable=True, comment="of the address offered as evidence; the address itself is not kept"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("status", _enum("verification", "unverified", "verified", "refused"), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="the account that decided"),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True, comment="why"),
        sa.Column("evidence", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="the official domains that the decision saw"),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("(status = 'unverified') = (decided_at IS NULL)", name=op.f("ck_seat_claims_decided")),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name=op.f("ck_seat_claims_decider")),
        sa.CheckConstraint("decided_by <> subject", name=op.f("ck_seat_claims_own")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_seat_claims_seat_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_seat_claims_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_claims")),
    )
    op.create_index("uq_seat_claims_open", "seat_claims", ["seat_id", "person_id"], unique=True, postgresql_where=sa.text("status = 'unverified'"))
    op.create_index("ix_seat_claims_seat_id", "seat_claims", ["seat_id", "person_id"], unique=False)
    op.create_index("ix_seat_claims_person_id", "seat_claims", ["person_id"], unique=False)


def downgrade() -> None:
    op.execute("DROP FUNCTION jsonb_differing(jsonb, jsonb)")
    for table in ("actor_domains", "seat_claims", "memberships"):
        op.drop_table(table)
    op.drop_index("ix_seat_holders_person_id", table_name="seat_holders")
    for name in ("hours", "personal", "period", "contactkind"):
        op.drop_constraint(op.f(f"ck_contact_points_{name}"), "contact_points", type_="check")
    op.drop_index("ix_contact_points_person_id", table_name="contact_points", postgresql_where=sa.text("person_id IS NOT NULL"))
    op.drop_index("uq_contact_points_preferred", table_name="contact_points", postgresql_where=sa.text("preferred"))
    op.drop_constraint(op.f("fk_contact_points_person_id"), "contact_points", type_="foreignkey")
    for column in ("valid_through", "valid_from", "time_zone", "hours", "preferred", "person_id", "kind"):
        op.drop_column("contact_points", column)
    op.drop_index("ix_people_organization_id", table_name="people")
    op.drop_constraint(op.f("fk_people_organization_id"), "people", type_="foreignkey")
    op.drop_constraint(op.f("ck_people_erased"), "people", type_="check")
    for column in ("version", "erased_at", "organization_id"):
        op.drop_column("people", column)
