"""Actors have a last day and are found by their place; names have their days and their source."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "registry_places_and_days"
down_revision: str | None = "registry_presets"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("actors", sa.Column("dissolved_on", sa.Date(), nullable=True, comment="its last day, where it is known"))
    op.create_check_constraint(op.f("ck_actors_dissolved"), "actors", "dissolved_on IS NULL OR status <> 'active'")
    op.create_index("ix_actors_point", "actors", [sa.literal_column("point(lon, lat)")], unique=False, postgresql_using="gist")
    op.add_column("actor_names", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("actor_names", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("actor_names", sa.Column("valid_through", sa.Date(), nullable=True))
    op.create_check_constraint(op.f("ck_actor_names_period"), "actor_names", "valid_from <= valid_through")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_actor_names_period"), "actor_names", type_="check")
    op.drop_column("actor_names", "valid_through")
    op.drop_column("actor_names", "valid_from")
    op.drop_column("actor_names", "source")
    op.drop_index("ix_actors_point", table_name="actors", postgresql_using="gist")
    op.drop_constraint(op.f("ck_actors_dissolved"), "actors", type_="check")
    op.drop_column("actors", "dissolved_on")
