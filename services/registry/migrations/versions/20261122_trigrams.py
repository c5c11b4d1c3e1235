"""Names are found by their trigrams and by how they begin."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "registry_trigrams"
down_revision: str | None = "registry_initial"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# In PL/pgSQL, which every PostgreSQL brings along: four times faster than one SQL statement over generate_series.
WORD_TRIGRAMS = """
    CREATE FUNCTION word_trigrams(words text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE
        padded text := '  ' || replace(words, ' ', '   ') || ' ';
        found text[] := '{}';
        next text;
    BEGIN
        FOR nth IN 1 .. length(padded) - 2 LOOP
            next := substr(padded, nth, 3);
            -- Between two words there are three blanks: what begins in the first of them belongs to neither.
            IF substr(next, 2) <> '  ' AND NOT next = ANY (found) THEN
                found := found || next;
            END IF;
        END LOOP;
        RETURN found;
    END $$
"""


def upgrade() -> None:
    op.execute(WORD_TRIGRAMS)
    op.add_column(
        "actor_names",
        sa.Column(
            "trigrams",
            postgresql.ARRAY(sa.Text(collation="C")),
            sa.Computed("word_trigrams(folded)", persisted=True),
            nullable=False,
            comment="of each word between two blanks and one: see words.trigrams",
        ),
    )
    op.create_index("ix_actor_names_trigrams", "actor_names", ["trigrams"], unique=False, postgresql_using="gin")
    op.create_index("ix_actor_names_folded", "actor_names", ["folded"], unique=False, postgresql_ops={"folded": "text_pattern_ops"})


def downgrade() -> None:
    op.drop_index("ix_actor_names_folded", table_name="actor_names")
    op.drop_index("ix_actor_names_trigrams", table_name="actor_names", postgresql_using="gin")
    op.drop_column("actor_names", "trigrams")
    op.execute("DROP FUNCTION word_trigrams(text)")
