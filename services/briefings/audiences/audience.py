"""An audience: a predicate over the facts of a seat, seats named one by one, or both."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import rfc8785

from services.briefings.audiences.vocabulary import VOCABULARY
from services.briefings.errors import AudienceInvalid
from shared.predicates import AllOf, AnyOf, Not, Predicate, PredicateRefused, read_predicate
from shared.predicates.clauses import tests_of, walk
from shared.translations import Sentence


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a briefing is for. A named seat belongs to it whatever the predicate says."""

    predicate: Predicate | None
    seats: tuple[UUID, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Audience":
        """From a request or a stored document; AudienceInvalid with JSON pointers into the request."""
        stated = document.get("predicate")
        try:
            predicate = None if stated is None else VOCABULARY.check(read_predicate(stated))
        except PredicateRefused as refused:
            errors = [{"pointer": f"/audience/predicate{problem.pointer}", "detail": problem.message, "code": problem.code} for problem in refused.problems]
            said = Sentence("{where}: {what}", where=errors[0]["pointer"], what=errors[0]["detail"])
            raise AudienceInvalid(said, errors=errors, facts=VOCABULARY.known) from refused
        return cls(predicate, tuple(sorted({UUID(str(seat)) for seat in document.get("seats", ())})))

    def document(self) -> dict[str, Any]:
        """As it is stored and shown; equal audiences have equal documents."""
        predicate = None if self.predicate is None else self.predicate.model_dump(mode="json", exclude_none=True)
        return {"predicate": predicate, "seats": [str(seat) for seat in self.seats]}

    def digest(self) -> str:
        """SHA-256 of the document's canonical JSON (RFC 8785), in hex."""
        return hashlib.sha256(rfc8785.dumps(self.document())).hexdigest()

    def facts(self) -> tuple[str, ...]:
        """The names of the facts the predicate reads, sorted."""
        if self.predicate is None:
            return ()
        leaves = [clause for _, clause in walk(self.predicate) if not isinstance(clause, AllOf | AnyOf | Not)]
        return tuple(sorted({test.fact for leaf in leaves for test in tests_of(leaf)}))
