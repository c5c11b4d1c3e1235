"""Attaching and reading texts."""

from uuid import UUID

from fastapi import Response

from services.agreements.agreements.models import Agreement
from services.agreements.agreements.repository import Agreements
from services.agreements.agreements.service import opened, step_or_draft
from services.agreements.agreements.stamps import Stamp
from services.agreements.errors import TextUnchanged
from services.agreements.events import TextAttached as TextAttachedEvent
from services.agreements.gates.assessing import reopen
from services.agreements.gates.repository import Gates
from services.agreements.gates.states import GateState
from services.agreements.texts.canonical import digest
from services.agreements.texts.models import Text
from services.agreements.texts.repository import Texts
from services.agreements.texts.schemas import TextAttached, TextCreate, TextRead
from shared.events import ReasonMissing
from shared.ids import new_id
from shared.translations import Sentence
from shared.work import Work


async def attach(work: Work, agreement_id: UUID, request: TextCreate) -> Response:
    """Attach a version of the text. One that touches an authentic text takes back adoptions, filings and decisions, openly."""
    agreement = await Agreements(work).changed(agreement_id)
    agreement.party_of(work.caller.organization)
    standing = agreement.standing_texts().get(request.language)
    text = _version(work, agreement, request, standing)
    touches_authentic = text.authentic or (standing is not None and standing.authentic)
    undoes = touches_authentic and await _was_relied_on(work, agreement)
    agreement.takes_text(Stamp.of(work, request.reason), text, standing=standing, reopens=undoes)
    if undoes and request.reason is None:
        raise ReasonMissing(
            "The text has been adopted, filed or decided on: a new version takes that back. Say why in `reason`.",
            errors=[{"in": "body", "pointer": "/reason", "detail": "is required"}],
        )
    told = {"text_id": text.id, "language": text.language, "version": text.version, "authentic": text.authentic, "sha256": text.sha256}
    event = TextAttachedEvent(**opened(agreement, "text attached"), **told)
    before = {"sha256": standing.sha256, "version": standing.version} if standing else None
    work.record(step_or_draft(agreement, event), reason=request.reason, before=before, after={"sha256": text.sha256, "version": text.version})
    if touches_authentic:
        await reopen(work, agreement, text, request.reason)
    await work.flush()
    return await Texts(work).read(TextAttached, text.id, status=201)


async def read(work: Work, agreement_id: UUID, text_id: UUID) -> Response:
    """A text with its body."""
    await Texts(work).require_of(agreement_id, text_id)
    return await Texts(work).read(TextRead, text_id)


def _version(work: Work, agreement: Agreement, request: TextCreate, standing: Text | None) -> Text:
    sha256 = digest(request.body)
    if standing is not None and (standing.sha256, standing.authentic, standing.media_type) == (sha256, request.authentic, request.media_type):
        said = Sentence("Version {version} in {language} has this hash.", version=standing.version, language=standing.language)
        raise TextUnchanged(said, sha256=sha256, text_id=str(standing.id))
    return Text(
        id=new_id(),
        **request.model_dump(exclude={"reason"}),
        version=standing.version + 1 if standing else 1,
        sha256=sha256,
        size_bytes=len(request.body.encode()),
        attached_at=work.now,
        attached_by_id=work.caller.organization,
    )


async def _was_relied_on(work: Work, agreement: Agreement) -> bool:
    """Whether a party has adopted the authentic texts, or a gate was filed or decided on them."""
    gates = await Gates(work).all_of(agreement.id)
    return bool(agreement.adopted_by()) or any(gate.state in (GateState.filed, GateState.decided, GateState.deemed) for gate in gates)
