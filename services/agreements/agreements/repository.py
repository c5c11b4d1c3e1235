"""Agreements as one caller may see them."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, any_, case, cast, func, null, select
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.orm import aliased, selectinload

from services.agreements.agreements.lifecycle import ActionKind
from services.agreements.agreements.models import Action, Agreement, Party
from services.agreements.agreements.visibility import has_party_in, sees_agreement, sees_agreement_of
from services.agreements.errors import AgreementNotFound, PartyNotFound
from services.agreements.expressions import any_language, name_of_actor, of_actor
from services.agreements.gates.repository import Gates
from services.agreements.signatures.repository import Signatures
from services.agreements.texts.repository import Texts
from shared.directory import same_as
from shared.reading import Entity, Include, Scopes
from shared.repository import Repository, Sort

WHOLE = (selectinload(Agreement.parties), selectinload(Agreement.actions), selectinload(Agreement.texts))
ALL_INCLUDES = frozenset({"texts", "gates", "signatures", "actions"})


def last_action(row: Entity, kind: ActionKind, column: str) -> ColumnElement[Any]:
    """The latest action of a kind of the agreement that a row belongs to; for `adopt_text` and `sign`, the party's own."""
    action = aliased(Action)
    own = [action.party_id == row.id] if kind is not ActionKind.open_text else []
    return select(func.max(getattr(action, column))).where(action.agreement_id == row.agreement_id, action.kind == kind, *own).correlate(row).scalar_subquery()


def adopted_at(row: Entity) -> ColumnElement[Any]:
    """When a party adopted the text as it stands: an adoption before the text was last opened no longer counts."""
    counts = last_action(row, ActionKind.adopt_text, "nth") > func.coalesce(last_action(row, ActionKind.open_text, "nth"), 0)
    return case((counts, last_action(row, ActionKind.adopt_text, "at")), else_=null())


def withheld(row: Entity) -> ColumnElement[Any]:
    told = func.jsonb_build_object("reason_code", row.withheld_reason, "review_on", row.withheld_review_on, type_=JSONB)
    return case((row.withheld_reason.is_not(None), told), else_=cast(null(), JSONB))


def about_title(row: Entity, value: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.strpos(row.titles_folded, value) > 0


def has_topic(row: Entity, value: ColumnElement[Any]) -> ColumnElement[bool]:
    return row.topics.contains(cast(array([value]), row.topics.type))  # type: ignore[no-any-return]


def has_party(row: Entity, value: ColumnElement[UUID]) -> ColumnElement[bool]:
    party = aliased(Party)
    return row.id.in_(select(party.agreement_id).where(party.actor_id == any_(same_as(value))))  # type: ignore[no-any-return]


class Parties(Repository[Party]):
    model = Party
    not_found = PartyNotFound
    fields: ClassVar = {
        "name": lambda row: name_of_actor(row, row.actor_id),
        "kind": lambda row: of_actor(row, row.actor_id, "kind"),
        "country": lambda row: of_actor(row, row.actor_id, "country"),
        "subdivision": lambda row: of_actor(row, row.actor_id, "subdivision"),
        "adopted_at": adopted_at,
        "signed_at": lambda row: last_action(row, ActionKind.sign, "at"),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return sees_agreement_of(row, scopes)


class Actions(Repository[Action]):
    model = Action

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return sees_agreement_of(row, scopes)


class Agreements(Repository[Agreement]):
    model = Agreement
    not_found = AgreementNotFound
    address = "/v1/agreements"
    fields: ClassVar = {"title": lambda row: any_language(row.titles), "withheld": withheld}
    includes: ClassVar = {
        "parties": Include(Parties, on=lambda agreement, row: row.agreement_id == agreement.id, order=lambda row: [row.nth]),
        "texts": Include(Texts, on=lambda agreement, row: row.agreement_id == agreement.id, order=lambda row: [row.language, row.version]),
        "gates": Include(Gates, on=lambda agreement, row: row.agreement_id == agreement.id, order=lambda row: [row.opened_at, row.id]),
        "signatures": Include(Signatures, on=lambda agreement, row: row.agreement_id == agreement.id, order=lambda row: [row.signed_at, row.id]),
        "actions": Include(Actions, on=lambda agreement, row: row.agreement_id == agreement.id, order=lambda row: [row.nth]),
    }
    filters: ClassVar = {
        "party": has_party,
        "country": has_party_in,
        "topic": has_topic,
        "q": about_title,
    }
    sorts: ClassVar = {
        "newest": Sort(lambda row: [row.created_at], descending=True),
        "title": Sort(lambda row: [row.titles_folded]),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return sees_agreement(row, scopes)

    async def changed(self, agreement_id: UUID, *, match: bool = False) -> Agreement:
        """The whole agreement for a change, its row held until the commit: whoever comes second sees what the first one did."""
        return await self.get(agreement_id, lock=True, match=match, load=WHOLE)
