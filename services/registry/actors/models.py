"""The tables of actors. The names of the day stand in the actor's own row as well, for reads and events without a join."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, Float, ForeignKey, ForeignKeyConstraint, Identity, Index, PrimaryKeyConstraint, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.actors.words import folded
from services.registry.base import Base
from services.registry.errors import IdentifierTaken, NameTwice, ParentCycle, ParentOverlaps, ParentUnknown, PreferredNameTwice
from services.registry.periods import Dated, in_order, no_overlap
from shared.columns import Identified, Touched, enum_column
from shared.errors import Invalid
from shared.translations import Sentence


class ActorKind(StrEnum):
    nation = "nation"
    state = "state"
    county = "county"
    county_subdivision = "county_subdivision"
    municipality = "municipality"
    indigenous_government = "indigenous_government"
    agency = "agency"
    commission = "commission"
    network = "network"
    office = "office"
    university = "university"
    organisation = "organisation"


class ActorStatus(StrEnum):
    active = "active"
    dissolved = "dissolved"
    merged = "merged"


class NameKind(StrEnum):
    preferred = "preferred"
    former = "former"
    alternative = "alternative"


class Actor(Base, Identified, Touched):
    """A government or body. `kind` is ours, `source_kind` the source's own word."""

    __tablename__ = "actors"
    __table_args__ = (
        CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="place"),
        CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="on_earth"),
        CheckConstraint("population >= 0", name="population"),
        CheckConstraint("names ? preferred_language", name="named"),
        CheckConstraint("dissolved_on IS NULL OR status <> 'active'", name="dissolved"),
        CheckConstraint("canonical_id IS NULL OR (canonical_id <> id AND merged_ids = '{}'::uuid[])", name="merged"),
        Index("ix_actors_merged", "id", "canonical_id", postgresql_where=text("canonical_id IS NOT NULL")),
        Index("ix_actors_kind", "kind"),
        Index("ix_actors_place", "country", "subdivision"),
        Index("ix_actors_sort_name", "sort_name", "id"),
        Index("ix_actors_population", func.coalesce(text("population"), text("'-1'::integer")), "id"),
        Index("ix_actors_point", func.point(text("lon"), text("lat")), postgresql_using="gist"),
        Index("ix_actors_border_m", "border_m", postgresql_using="gin", postgresql_where=text("border_m <> '{}'::jsonb")),
    )
    kind: Mapped[ActorKind] = mapped_column(enum_column(ActorKind))
    source_kind: Mapped[str | None]
    status: Mapped[ActorStatus] = mapped_column(enum_column(ActorStatus))
    dissolved_on: Mapped[date | None] = mapped_column(comment="its last day, where it is known")
    preferred_language: Mapped[str]
    name: Mapped[str] = mapped_column(comment="what it is called today in the preferred language")
    sort_name: Mapped[str] = mapped_column(comment="that name folded")
    names: Mapped[dict[str, Any]] = mapped_column(comment="language to what it is called today")
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    population: Mapped[int | None] = mapped_column(BigInteger)
    website: Mapped[str | None]
    border_m: Mapped[dict[str, Any]] = mapped_column(comment="neighbouring country to whole metres from its border, 0 where it touches")
    source: Mapped[str | None]
    licence: Mapped[str | None]
    read_on: Mapped[date | None] = mapped_column(comment="the day on which the source was read")
    # Both follow from the judgements (judgements/merging.py) and are written there only.
    canonical_id: Mapped[UUID | None] = mapped_column(ForeignKey("actors.id"), comment="the actor into which this one was merged")
    merged_ids: Mapped[list[UUID]] = mapped_column(default=list, server_default=text("'{}'::uuid[]"), comment="the actors that were merged into this one")

    def rename(self, names: Sequence["ActorName"], on: date) -> None:
        """Take these as the actor's names, and be called by those of that day; the preferred language needs a preferred one among them."""
        self.names = names_on(names, on)
        self.name = self.names[self.preferred_language]
        self.sort_name = folded(self.name)

    def require_place(self) -> None:
        """A point has both coordinates, and a subdivision is one of the actor's country."""
        if (self.lat is None) != (self.lon is None):
            raise Invalid("lat and lon belong together.", errors=[{"in": "body", "pointer": "/lat", "detail": "belongs together with lon"}])
        if self.subdivision is None or self.subdivision.startswith(f"{self.country}-"):
            return
        what = Sentence("is not in {country}", country=self.country) if self.country else "needs the country that it is in"
        wrong = {"in": "body", "pointer": "/subdivision", "detail": what}
        raise Invalid(Sentence("The subdivision {subdivision} {what}.", subdivision=self.subdivision, what=what), errors=[wrong])

    def require_lifecycle(self, *, dissolved_on: date | None) -> None:
        """What is active has no last day: one that was there is taken back with the status, one that is given is refused."""
        if self.status is ActorStatus.active:
            if dissolved_on is not None:
                pointer = {"in": "body", "pointer": "/dissolved_on", "detail": "belongs to an actor that is dissolved or merged"}
                raise Invalid("An active actor has no dissolved_on. Give the status dissolved with it.", errors=[pointer])
            self.dissolved_on = None

    def status_on(self, day: date) -> ActorStatus:
        """What is to be dissolved is active through its last day."""
        over = self.dissolved_on is None or self.dissolved_on < day
        return self.status if over else ActorStatus.active


class ActorName(Base, Dated):
    """A name in a language. The same name is there once, whenever it was used."""

    __tablename__ = "actor_names"
    __table_args__ = (
        in_order(),
        PrimaryKeyConstraint("actor_id", "language", "name", info={"error": NameTwice}),
        Index(
            "uq_actor_names_preferred",
            "actor_id",
            "language",
            unique=True,
            postgresql_where=text("kind = 'preferred'"),
            info={"error": PreferredNameTwice},
        ),
        Index("ix_actor_names_words", "words", postgresql_using="gin"),
        Index("ix_actor_names_trigrams", "trigrams", postgresql_using="gin"),
        Index("ix_actor_names_folded", "folded", postgresql_ops={"folded": "text_pattern_ops"}),
    )
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actors.id"))
    language: Mapped[str]
    name: Mapped[str]
    kind: Mapped[NameKind] = mapped_column(enum_column(NameKind))
    source: Mapped[str | None]
    folded: Mapped[str] = mapped_column(comment="words without case and accents, one blank between")
    # What follows from the folded name is computed by the database, so that it is there for every way in which a name arrives.
    words: Mapped[Any] = mapped_column(TSVECTOR, Computed("array_to_tsvector(string_to_array(folded, ' '::text))", persisted=True))
    trigrams: Mapped[list[str]] = mapped_column(
        ARRAY(Text(collation="C")), Computed("word_trigrams(folded)", persisted=True), comment="of each word between two blanks and one: see words.trigrams"
    )


def names_on(names: Sequence[ActorName], day: date) -> dict[str, str]:
    """In each language what the actor is called on that day, by the rule of `days.name_of`.

    The preferred name if it says that it is in use by then; else a former one whose last day says that it still is; else the preferred one.
    """

    def order(name: ActorName) -> tuple[int, int, str]:
        stated = name.valid_from is not None and name.valid_from <= day
        preference = 1 if name.kind is NameKind.former else 0 if stated else 2
        return preference, -name.valid_from.toordinal() if name.valid_from else 0, name.name

    still = [name for name in names if name.kind is NameKind.former and name.valid_through is not None and name.is_valid(day)]
    preferred = [name for name in names if name.kind is NameKind.preferred]
    found: dict[str, str] = {}
    for name in sorted([*preferred, *still], key=order):
        found.setdefault(name.language, name.name)
    return found


class ActorIdentifier(Base, Dated):
    """A name of the actor in somebody's scheme. No scheme is ever our key."""

    __tablename__ = "actor_identifiers"
    __table_args__ = (
        in_order(),
        no_overlap("ex_actor_identifiers_overlap", "hashtextextended(scheme || ':' || value, 0)", IdentifierTaken),
        Index("ix_actor_identifiers_actor_id", "actor_id"),
        Index("ix_actor_identifiers_key", "scheme", "value"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actors.id"))
    scheme: Mapped[str]
    value: Mapped[str]
    source: Mapped[str | None]
    licence: Mapped[str | None]
    read_on: Mapped[date | None] = mapped_column(comment="the day on which the source was read")


class ActorParent(Base, Dated):
    """Inside which actor an actor is, and when."""

    __tablename__ = "actor_parents"
    __table_args__ = (
        in_order(),
        CheckConstraint("actor_id <> parent_id", name="itself", info={"error": ParentCycle}),
        ForeignKeyConstraint(["parent_id"], ["actors.id"], info={"error": ParentUnknown}),
        no_overlap("ex_actor_parents_overlap", "uuid_hash_extended(actor_id, 0)", ParentOverlaps),
        Index("ix_actor_parents_actor_id", "actor_id"),
        Index("ix_actor_parents_parent_id", "parent_id"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actors.id"))
    parent_id: Mapped[UUID]


class TurnOfDay(Base):
    """The one row that says through which day what the calendar does to actors has been told, and how far the next telling has come."""

    __tablename__ = "turn_of_day"
    __table_args__ = (CheckConstraint("id = 1", name="one"), CheckConstraint("until > day", name="forward"))
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date]
    until: Mapped[date | None] = mapped_column(comment="the day through which is being told now")
    after: Mapped[UUID | None] = mapped_column(comment="the last actor who was told of")
