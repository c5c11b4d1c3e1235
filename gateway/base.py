"""The declarative base of the gateway's tables."""

from typing import Any, ClassVar

from sqlalchemy.orm import DeclarativeBase

from shared.columns import TYPES, new_metadata

metadata = new_metadata()


class Base(DeclarativeBase):
    metadata = metadata
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES
