"""What tables are made of: naming, types and the mixins every entity uses."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Date, Enum, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.orm.attributes import flag_modified

from shared.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Timestamp = TIMESTAMP(timezone=True)
TYPES: dict[Any, Any] = {
    str: Text(),
    datetime: Timestamp,
    date: Date(),
    UUID: PGUUID(as_uuid=True),
    dict[str, Any]: JSONB(),
    list[str]: ARRAY(Text()),
    list[UUID]: ARRAY(PGUUID(as_uuid=True)),
}


def new_metadata() -> MetaData:
    """A metadata with the house's constraint names; each service has one of its own."""
    return MetaData(naming_convention=NAMING)


# Tables that every service has alike (events, idempotency, positions of followers, directory).
platform = new_metadata()


def enum_column(values: type[StrEnum], name: str | None = None) -> Enum:
    """A text column that a CHECK keeps to the values of `values`; adding a value is a migration, not an ALTER TYPE."""
    return Enum(
        values,
        native_enum=False,
        create_constraint=True,
        length=64,
        name=name or values.__name__.lower(),
        values_callable=lambda kind: [item.value for item in kind],
    )


class Identified:
    """A UUIDv7 primary key."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


class Timestamped:
    """Instants of the first and the latest change, set from `work.now` when the work flushes."""

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Versioned:
    """A row version that PostgreSQL compares on every UPDATE; it is the first half of the ETag."""

    version: Mapped[int] = mapped_column(BigInteger)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Touched(Timestamped, Versioned):
    """An entity whose owned children count as its own change."""

    touches: ClassVar[bool] = True

    def touch(self, at: datetime) -> None:
        """Count a change of an owned child as a change of this record, so that its ETag moves, also within one instant."""
        self.updated_at = at
        flag_modified(self, "updated_at")
