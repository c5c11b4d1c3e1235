"""What anyone may read: agreements that are, or were, in force. The predicates here do not look at the caller at all."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Date, String, and_, case, cast, func, literal, literal_column, null, select
from sqlalchemy.orm import aliased

from services.agreements.agreements.models import Agreement, Party
from services.agreements.agreements.repository import about_title, has_party, has_topic, withheld
from services.agreements.agreements.visibility import has_party_in, in_register, in_register_of
from services.agreements.errors import RegisterEntryNotFound, TextNotFound, TextWithheld
from services.agreements.expressions import any_language, name_of_actor, of_actor
from services.agreements.gates.models import Gate, GateDecision
from services.agreements.signatures.models import Signature
from services.agreements.texts.models import Text
from services.agreements.texts.repository import standing
from shared.reading import Entity, Include, Scopes
from shared.repository import Repository, Sort
from shared.translations import Sentence


def utc_date(instant: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.timezone(literal_column("'UTC'"), instant), Date)


def of_gate(row: Entity, column: str) -> ColumnElement[Any]:
    gate = Gate.__table__.alias()
    return select(gate.c[column]).where(gate.c.id == row.gate_id).correlate(row).scalar_subquery()


def gate_title(row: Entity) -> ColumnElement[Any]:
    gate = Gate.__table__.alias()
    return select(any_language(gate.c.definition["title"])).where(gate.c.id == row.gate_id).correlate(row).scalar_subquery()


def signed_on(row: Entity) -> ColumnElement[Any]:
    signature = Signature.__table__.alias()
    return select(utc_date(signature.c.signed_at)).where(signature.c.party_id == row.id).correlate(row).scalar_subquery()


def href(row: Entity) -> ColumnElement[Any]:
    agreement = Agreement.__table__.alias()
    shown = select(agreement.c.withheld_reason.is_(None)).where(agreement.c.id == row.agreement_id).correlate(row).scalar_subquery()
    path = literal("/v1/register/").concat(cast(row.agreement_id, String)).concat("/texts/").concat(row.language)
    return case((shown, path), else_=null())


class RegisterParties(Repository[Party]):
    model = Party
    fields: ClassVar = {
        "name": lambda row: name_of_actor(row, row.actor_id),
        "kind": lambda row: of_actor(row, row.actor_id, "kind"),
        "country": lambda row: of_actor(row, row.actor_id, "country"),
        "subdivision": lambda row: of_actor(row, row.actor_id, "subdivision"),
        "signed_on": signed_on,
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return in_register_of(row)


class RegisterDecisions(Repository[GateDecision]):
    model = GateDecision
    fields: ClassVar = {
        "rulebook_id": lambda row: of_gate(row, "rulebook_id"),
        "gate": lambda row: of_gate(row, "key"),
        "gate_title": gate_title,
        "title": lambda row: any_language(row.outcome_titles),
        "decided_on": lambda row: utc_date(row.decided_at),
        "citation": lambda row: of_gate(row, "citation"),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return in_register_of(row)


class RegisterTexts(Repository[Text]):
    """The texts as they were signed; earlier drafts are not public."""

    model = Text
    not_found = TextNotFound
    fields: ClassVar = {"href": href}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return and_(in_register_of(row), standing(row))

    async def named(self, agreement_id: UUID, language: str) -> UUID:
        """The id of an entry's text in a language; TextWithheld (403) says why and until when it is not shown."""
        entry, text = aliased(Agreement), aliased(Text)
        wanted = select(text.id, entry.withheld_reason, entry.withheld_review_on).join(entry, entry.id == text.agreement_id)
        found = await self.work.execute(wanted.where(text.agreement_id == agreement_id, text.language == language, self.visible(text, frozenset())))
        row = found.one_or_none()
        if row is None:
            raise TextNotFound
        if row.withheld_reason is not None:
            raise TextWithheld(
                Sentence("Reason: {reason}. It is looked at again on {day}.", reason=row.withheld_reason.value, day=row.withheld_review_on.isoformat()),
                withheld={"reason_code": row.withheld_reason.value, "review_on": row.withheld_review_on.isoformat()},
            )
        return row.id  # type: ignore[no-any-return]


class Register(Repository[Agreement]):
    model = Agreement
    not_found = RegisterEntryNotFound
    fields: ClassVar = {"title": lambda row: any_language(row.titles), "withheld": withheld}
    includes: ClassVar = {
        "parties": Include(RegisterParties, on=lambda entry, row: row.agreement_id == entry.id, order=lambda row: [row.nth]),
        "decisions": Include(RegisterDecisions, on=lambda entry, row: row.agreement_id == entry.id, order=lambda row: [row.decided_at, row.id]),
        "texts": Include(RegisterTexts, on=lambda entry, row: row.agreement_id == entry.id, order=lambda row: [row.authentic.desc(), row.language]),
    }
    filters: ClassVar = {
        "q": about_title,
        "party": has_party,
        "country": has_party_in,
        "topic": has_topic,
        "signed_from": lambda row, value: row.signed_on >= value,
        "signed_to": lambda row, value: row.signed_on <= value,
    }
    sorts: ClassVar = {
        "newest": Sort(lambda row: [row.signed_on], descending=True),
        "title": Sort(lambda row: [row.titles_folded]),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return in_register(row)
