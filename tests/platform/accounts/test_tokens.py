import re

import pytest

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.accounts.tables import api_token
from regulars.platform.db import UnitOfWork
from tests.support.site import Site

pytestmark = pytest.mark.usefixtures("probe")


@pytest.fixture
def probe(site: Site) -> None:
    """A route that tells who is asking."""

    @workspace_api("read_records")
    def whoami(uow: UnitOfWork, access: Access) -> dict[str, object]:
        return {"actor": access.actor, "role": access.role, "units": list(access.unit_ids)}

    site.app.add_url_rule("/api/v1/whoami", "whoami", whoami)


def test_a_token_opens_the_api_with_its_role(site: Site) -> None:
    answer = site.visitor().get("/api/v1/whoami", headers=site.token("clerk"))
    assert answer.json == {"actor": "token:1", "role": "clerk", "units": []}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer guessed"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
    ],
)
def test_without_a_good_token_the_api_says_401_as_a_problem(
    site: Site, headers: dict[str, str]
) -> None:
    answer = site.visitor().get("/api/v1/whoami", headers=headers)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_cookie_opens_nothing_in_the_api(site: Site) -> None:
    assert site.signed_in("Alice").get("/api/v1/whoami").status_code == 401


def test_tokens_are_made_shown_once_and_revoked_on_their_page(site: Site) -> None:
    alice, page = site.signed_in("Alice"), f"{site.home}/settings/tokens"
    made = alice.send(page, {"name": "Till", "role": "clerk"})
    found = re.search(r'value="(rgl_[\w-]+)"', made.text)
    assert found is not None
    secret = found.group(1)
    headers = {"Authorization": f"Bearer {secret}"}
    assert site.visitor().get("/api/v1/whoami", headers=headers).status_code == 200
    later = alice.get(page).text
    assert "Till" in later
    assert secret not in later
    assert secret[-4:] in later
    alice.send(f"{page}/1/revoke")
    assert site.visitor().get("/api/v1/whoami", headers=headers).status_code == 401
    assert alice.send(f"{page}/1/revoke").status_code == 404


def test_only_a_fingerprint_of_the_secret_is_stored(site: Site) -> None:
    secret = site.token()["Authorization"].removeprefix("Bearer ")
    with site.database.main_tx(write=False) as connection:
        assert secret not in str(connection.execute(api_token.select()).one())


def test_a_nameless_token_is_refused(site: Site) -> None:
    refused = site.signed_in("Alice").send(
        f"{site.home}/settings/tokens", {"name": " ", "role": "clerk"}
    )
    assert refused.status_code == 422
    assert 'id="field-name-error"' in refused.text


def test_managers_make_no_tokens(site: Site) -> None:
    manager = site.signed_in("Max", "manager")
    assert manager.get(f"{site.home}/settings/tokens").status_code == 403


def test_p18_tokens_of_somebody_who_leaves_stop_working(site: Site) -> None:
    alice, bob = site.signed_in("Alice"), site.signed_in("Bob", "owner")
    made = bob.send(f"{site.home}/settings/tokens", {"name": "Bob's", "role": "clerk"})
    secret = re.findall(r"rgl_[\w-]{20,}", made.text)[0]
    alice.send(f"{site.home}/settings/members/{site.member_id('Bob')}/active", {"active": "0"})
    headers = {"Authorization": f"Bearer {secret}"}
    assert site.visitor().get("/api/v1/whoami", headers=headers).status_code == 401


def test_a_token_lacking_the_capability_is_refused(site: Site) -> None:
    @workspace_api("design_forms")
    def design(uow: UnitOfWork, access: Access) -> dict[str, object]:
        return {}

    site.app.add_url_rule("/api/v1/design", "design", design)
    answer = site.visitor().get("/api/v1/design", headers=site.token("clerk"))
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["code"] == "missing-capability"
