"""What can be wrong at the gateway."""

from typing import ClassVar

from shared.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unauthorized, Unavailable
from shared.translations import Sentence


class AccountNotFound(NotFound):
    code, title = "account_not_found", "There is no such account that you may see."


class EmailTaken(Conflict):
    code, title = "email_taken", "Another account has this e-mail address."
    mend = "Use another address, or find the account that has this one with /v1/accounts?email=."


class ClientNotFound(NotFound):
    code, title = "client_not_found", "There is no such machine client that you may see."


class ClientIdTaken(Conflict):
    code, title = "client_id_taken", "Another machine client has this client_id."
    mend = "Choose another client_id, or replace the secret of the client that has this one."


class RoleNotAssignable(Invalid):
    code, title = "role_not_assignable", "This role cannot be given to this kind of principal."


class BadCredentials(Unauthorized):
    code, title = "bad_credentials", "The e-mail address and the password do not belong to an active account."
    mend = "Check both. Whoever manages the accounts can enable yours or set a new password."


class TooManyAttempts(Problem):
    status, code, title = 429, "too_many_attempts", "There were too many failed attempts; wait before the next one."

    def __init__(self, seconds: int) -> None:
        super().__init__(Sentence("Try again in {seconds} s.", seconds=seconds), retry_after=seconds)
        # The wait differs from one refusal to the next, while headers are otherwise those of the class.
        self.__dict__["headers"] = {"Retry-After": str(seconds)}


class NoSession(Conflict):
    code, title = "no_session", "This token belongs to no session that could be ended."


class NoAccount(Conflict):
    code, title = "no_account", "This token belongs to a machine, which has no password."
    mend = "Have the secret of the machine client renewed instead."


class WrongPassword(Forbidden):
    code, title = "wrong_password", "The current password is another one."
    mend = "Give the password you sign in with. Whoever manages the accounts can set a new one."


class HashingBusy(Unavailable):
    code, title = "sign_in_busy", "Too many people sign in at this moment."


class TooManyAtOnce(Problem):
    status, code, title = 429, "too_many_at_once", "Too many of your requests are open at once."
    mend = "Let some of them end first. Requests without a token share one limit: with a token you have your own."
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class ServiceNotReady(Unavailable):
    code, title = "not_ready", "The gateway is not ready."


class FeedUnavailable(Unavailable):
    code, title = "feed_unavailable", "Not every feed could be read."


class SignedOut(Unauthorized):
    code, title = "token_revoked", "The token was revoked."


class ServiceUnreachable(Unavailable):
    code, title = "service_unreachable", "The service behind this resource cannot be reached."


class ServiceAnswerUnreadable(Unavailable):
    code, title = "service_answer_unreadable", "The service behind this resource gave an answer that cannot be passed on."


class HeadersTooLarge(Problem):
    status, code, title = 431, "headers_too_large", "The request has more headers, or larger ones, than are taken."
