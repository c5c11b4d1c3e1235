"""The agreement without a database: its status is the replay of what was done, whatever is tried in whatever order."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.agreements.agreements.lifecycle import CLOSED, ActionKind, InstrumentKind, Status, status_after
from services.agreements.agreements.models import Agreement, Party
from services.agreements.agreements.stamps import Stamp
from services.agreements.texts.canonical import digest
from services.agreements.texts.models import MediaType, Text
from shared.errors import Problem
from shared.ids import new_id

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORGANIZATIONS = [new_id() for _ in range(4)]
ATTEMPTS = ["propose", "attach", "translate", "adopt", "sign", "leave", "change"]
ORDER = [Status.draft, Status.proposed, Status.text_open, Status.text_adopted, Status.partly_signed, Status.in_force]


def agreement(parties: int) -> Agreement:
    made = [Party(id=new_id(), nth=nth, actor_id=ORGANIZATIONS[nth]) for nth in range(parties)]
    return Agreement(id=new_id(), kind=InstrumentKind.mou, proposer_id=ORGANIZATIONS[0], status=Status.draft, parties=made, actions=[], texts=[])


def text(found: Agreement, language: str, *, authentic: bool) -> tuple[Text, Text | None]:
    standing = found.standing_texts().get(language)
    version = standing.version + 1 if standing else 1
    sha256 = digest(f"{language} {version}")
    return Text(id=new_id(), language=language, version=version, authentic=authentic, media_type=MediaType.plain, sha256=sha256), standing


def attempt(found: Agreement, what: str, organization: int) -> None:
    stamp = Stamp("somebody", ORGANIZATIONS[organization], AT)
    match what:
        case "propose":
            found.propose(stamp)
        case "attach" | "translate":
            made, standing = text(found, "en" if what == "attach" else "fr", authentic=what == "attach")
            found.takes_text(stamp, made, standing=standing, reopens=False)
        case "adopt":
            found.adopt(stamp, found.text_hashes())
        case "sign":
            party = found.party_of(stamp.organization)
            if (ActionKind.sign, party.id) not in found.deeds():  # the constraint on signatures holds this
                found.sign(stamp, party)
        case "leave":
            found.leave(stamp)
        case _:
            found.change(stamp)


@given(st.integers(2, 3), st.lists(st.tuples(st.sampled_from(ATTEMPTS), st.integers(0, 3)), max_size=40))
@settings(max_examples=400, deadline=None)
def test_the_status_is_the_replay_of_the_actions(parties: int, attempts: list[tuple[str, int]]) -> None:
    found = agreement(parties)
    members = [party.id for party in found.parties]
    for what, organization in attempts:
        before = (found.status, found.deeds())
        try:
            attempt(found, what, organization)
        except Problem:
            assert (found.status, found.deeds()) == before, "a refusal leaves no trace"
            continue
        assert found.status is status_after(found.deeds(), members)
        assert [action.nth for action in found.actions] == list(range(1, len(found.actions) + 1))
        _follows(before[0], found)


def _follows(before: Status, found: Agreement) -> None:
    after = found.status
    kinds = [kind for kind, _ in found.deeds()]
    assert kinds.count(ActionKind.enter_into_force) == (1 if after in (Status.in_force, Status.terminated) else 0)
    assert (found.in_force_on is not None) == (after in (Status.in_force, Status.terminated))
    assert (found.ended_on is not None) == (after is Status.terminated)
    if before in CLOSED:
        assert before is Status.in_force, "what is over takes nothing more"
        assert after in (Status.in_force, Status.terminated)
    elif after in ORDER and before in ORDER and ORDER.index(after) < ORDER.index(before):
        assert (before, after) == (Status.text_adopted, Status.text_open), "only a new text takes it a step back"


@given(st.lists(st.tuples(st.sampled_from(list(ActionKind)), st.sampled_from(ORGANIZATIONS[:2]))))
@settings(max_examples=300, deadline=None)
def test_any_sequence_of_actions_has_one_status(deeds: list[Any]) -> None:
    status = status_after(deeds, ORGANIZATIONS[:2])
    assert status in Status
    assert status_after([*deeds, (ActionKind.change, None)], ORGANIZATIONS[:2]) is status


def test_an_agreement_of_three_outlives_one_who_leaves() -> None:
    found = agreement(3)
    for what in ("propose", "attach"):
        attempt(found, what, 0)
    for what in ("adopt", "sign"):
        for organization in range(3):
            attempt(found, what, organization)
    assert found.status is Status.in_force
    attempt(found, "leave", 2)
    assert (found.status, found.ended_on) == (Status.in_force, None)
    attempt(found, "leave", 0)
    assert (found.status, found.ended_on) == (Status.terminated, AT.date())
