"""A service made of two tables, to test what every service is made of without any of them."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import Column, ColumnElement, ForeignKey, Numeric, Table, Text, UniqueConstraint, delete, false, null, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.access import Public, Requires
from shared.columns import TYPES, Identified, Timestamped, Touched, enum_column, new_metadata
from shared.errors import Conflict, NotFound
from shared.events import Event, Restricted
from shared.follower import FeedEvent
from shared.pages import Page, PageOf
from shared.problems import problems
from shared.reading import CALLER_ORG, Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort
from shared.routes import Router
from shared.schemas import Instant, Line, OnRequest, Read, Request
from shared.settings import ServiceSettings
from shared.web import Service, ServiceApp, build_app
from shared.work import Work
from tests.support import tokens

metadata = new_metadata()


class Base(DeclarativeBase):
    metadata = metadata
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class Colour(StrEnum):
    red = "red"
    green = "green"


class NameTaken(Conflict):
    code, title = "toy_name_taken", "Another box has this name."


class BoxNotFound(NotFound):
    code, title = "toy_box_not_found", "There is no such box that you may see."


class Box(Base, Identified, Touched):
    __tablename__ = "boxes"
    __table_args__ = (UniqueConstraint("name", info={"error": NameTaken}),)
    name: Mapped[str]
    owner: Mapped[UUID | None]
    colour: Mapped[Colour] = mapped_column(enum_column(Colour))
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    labels: Mapped[dict[str, Any]]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("boxes.id"))


class Ball(Base, Identified, Timestamped):
    __tablename__ = "balls"
    box_id: Mapped[UUID] = mapped_column(ForeignKey("boxes.id"))
    name: Mapped[str]
    secret: Mapped[bool]


# What a follower of the toy's feed makes of it. Nothing stops a row from standing here twice: that is what the tests look for.
tallies = Table("tallies", metadata, Column("name", Text, nullable=False))


async def tally(connection: AsyncConnection, batch: list[FeedEvent]) -> None:
    await connection.execute(tallies.insert(), [{"name": event["data"]["name"]} for event in batch])


async def clear_tallies(connection: AsyncConnection) -> None:
    await connection.execute(delete(tallies))


class BoxMade(Event):
    type, aggregate, visibility = "box.made", "box", "public"
    box_id: UUID
    name: str
    owner: Annotated[UUID | None, Restricted]

    def concerns(self) -> list[UUID]:
        return [self.owner] if self.owner else []


class BoxRenamed(Event):
    type, aggregate, visibility = "box.renamed", "box", "public"
    reason_required = True
    box_id: UUID
    name: str


class BallRead(Read):
    name: str
    created_at: Instant


class BoxName(Read):
    id: UUID
    name: str


class BoxRead(Read):
    id: UUID
    name: str
    colour: Colour
    price: Decimal | None
    label: str | None
    parent_id: UUID | None
    created_at: Instant
    parent: BoxName | None
    balls: Annotated[list[BallRead] | None, OnRequest()] = None


class BoxCreate(Request):
    name: Line
    colour: Colour = Colour.red
    price: Decimal | None = None
    labels: dict[str, str] = {}
    parent_id: UUID | None = None
    balls: list[Line] = []


class BoxChange(Request):
    name: Line
    reason: str | None = None


class BoxInclude(StrEnum):
    balls = "balls"


class BoxSort(StrEnum):
    name = "name"
    newest = "newest"


class BoxFilters(Page):
    colour: Colour | None = None
    name: list[str] | None = None
    sort: BoxSort = BoxSort.name
    include: list[BoxInclude] | None = None


class Balls(Repository[Ball]):
    model = Ball

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true() if "toy:secrets" in scopes else row.secret == false()


class Boxes(Repository[Box]):
    model = Box
    not_found = BoxNotFound
    fields: ClassVar = {"label": lambda row: in_language(row.labels, null())}
    includes: ClassVar = {
        "balls": Include(Balls, on=lambda box, ball: ball.box_id == box.id, order=lambda ball: [ball.name]),
        "parent": Include(lambda: Boxes, on=lambda box, parent: parent.id == box.parent_id, many=False, key="parent_id"),
    }
    sorts: ClassVar = {"name": Sort(lambda row: [row.name]), "newest": Sort(lambda row: [row.created_at], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        if "toy:all" in scopes:
            return true()
        return (row.owner == CALLER_ORG) | row.owner.is_(None)  # type: ignore[no-any-return]


CanWrite = Annotated[Work, Requires("toy:write")]
AnyoneReads = Annotated[Work, Public]
router = Router(tags=["boxes"])


@router.post("/boxes", status_code=201, response_model=BoxRead, responses=problems(NameTaken))
async def make_box(request: BoxCreate, work: CanWrite) -> Response:
    """Make a box."""
    values = request.model_dump(exclude={"balls"})
    box = Box(**values, owner=work.caller.organization)
    work.add(box)
    await work.flush()
    for name in request.balls:
        work.add(Ball(box_id=box.id, name=name, secret=name.startswith("secret")))
    work.record(BoxMade(box_id=box.id, name=box.name, owner=box.owner), after={"name": box.name})
    await work.flush()
    return await Boxes(work).read(BoxRead, box.id, status=201)


@router.get("/boxes", response_model=PageOf[BoxRead])
async def list_boxes(filters: Annotated[BoxFilters, Query()], work: AnyoneReads) -> Response:
    """List boxes."""
    return await Boxes(work).page(BoxRead, filters)


@router.get("/boxes/{box_id}", response_model=BoxRead, responses=problems(BoxNotFound))
async def read_box(box_id: UUID, work: AnyoneReads) -> Response:
    """Read a box."""
    return await Boxes(work).read(BoxRead, box_id, include=frozenset({"balls"}))


@router.patch("/boxes/{box_id}", response_model=BoxRead, responses=problems(BoxNotFound, NameTaken))
async def rename_box(box_id: UUID, request: BoxChange, work: CanWrite) -> Response:
    """Rename a box."""
    box = await Boxes(work).get(box_id, match=True)
    before = {"name": box.name}
    box.name = request.name
    work.record(BoxRenamed(box_id=box.id, name=box.name), reason=request.reason, before=before, after={"name": box.name})
    await work.flush()
    return await Boxes(work).read(BoxRead, box.id)


def app(url: str, **overrides: Any) -> ServiceApp:
    values: dict[str, Any] = {"database_url": url, "max_body": 20_000}
    settings = ServiceSettings(**(values | overrides))
    return build_app(Service("toy", "Toy", [router], metadata, settings, tokens.verifier()))
