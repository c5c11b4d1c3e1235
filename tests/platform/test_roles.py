"""Every operation of the API document against every role of the table: who carries no fitting scope gets no further than 401 or 403."""

import json
from typing import Any

import httpx
import pytest

from gateway.bootstrap import ensure_account, ensure_client
from gateway.roles import CLIENT_ROLES, PERSON_ROLES, SCOPES_OF
from shared.database import Database
from shared.ids import new_id
from tests.platform.conftest import Platform

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("platform")]
PASSWORD = "a password for each role"
SECRET = "a-secret-for-each-machine-role-long-enough"
METHODS = {"get", "post", "put", "patch", "delete"}


async def token_of(platform: Platform, http: httpx.AsyncClient, role: str) -> str:
    database = Database(platform.urls["gateway"], pool_size=1)
    try:
        if role in PERSON_ROLES:
            email = f"only-{role.replace('_', '-')}@comity.example"
            await ensure_account(database, email=email, password=PASSWORD, roles=[role])
            return str((await http.post("/v1/session", json={"email": email, "password": PASSWORD})).json()["access_token"])
        client_id = f"only-{role.replace('_', '-')}"
        await ensure_client(database, client_id=client_id, roles=[role], secret=SECRET)
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET}
        return str((await http.post("/oauth/token", data=form)).json()["access_token"])
    finally:
        await database.dispose()


def operations(document: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Method, a path without a record behind it, and the scopes of which one is needed."""
    found = []
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            scopes = item[method]["x-scope"].split(" or ")
            if scopes != ["public"]:
                while "{" in path:
                    start, end = path.index("{"), path.index("}")
                    path = path[:start] + str(new_id()) + path[end + 1 :]
                found.append((method, path, scopes))
    return found


async def test_no_operation_answers_a_role_without_its_scope(platform: Platform) -> None:
    wrong = []
    async with platform.client() as http:
        asked = operations((await http.get("/openapi.json")).json())
        assert len(asked) > 40
        for role in sorted(PERSON_ROLES | CLIENT_ROLES):
            headers = {"Authorization": f"Bearer {await token_of(platform, http, role)}"}
            for method, path, scopes in asked:
                answer = await http.request(method, path, headers=headers)
                refused = answer.status_code == 403 and json.loads(answer.content)["type"] == "/problems/forbidden"
                if refused == bool(SCOPES_OF[role] & set(scopes)):
                    wrong.append(f"{role}: {method} {path} wants {scopes}: {answer.status_code} {answer.text[:100]}")
        for method, path, _ in asked:
            answer = await http.request(method, path)
            if answer.status_code != 401:
                wrong.append(f"public: {method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
