"""S15: what is taken away in one process is refused by another one at its next request."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from regulars.app import create_app
from regulars.form_builder.importing.actors import access_now, actor_json
from regulars.platform.accounts import members, role_keeping, tokens
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.config import Config
from regulars.platform.db import Database
from regulars.platform.definitions import snapshot
from regulars.platform.errors import Forbidden
from tests.security.shop_of_two import Attack, open_shop, role
from tests.support.site import SECRET as KEY
from tests.support.site import Site, Visitor

PAGE, ROUTE = "/w/shop/forms/customers/records", "/api/v1/forms/customers/records"
OWNER = system_access("en")


@pytest.fixture
def second(site: Site, tmp_path: Any) -> Iterator[Site]:
    """The same shop served by another process: its own application, connections and caches."""
    database = Database(site.database.url, site.database.data_dir, clock=site.database.clock)
    app = create_app(Config(data_dir=tmp_path, secret_key=KEY), database)
    app.test_client_class = Visitor
    yield Site(app, database, site.workspace, site.people)
    database.close()


def narrow(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        role_keeping.put_role(uow, OWNER, role(default={"create": "all"}))


def dismiss(site: Site) -> None:
    site.person("Olga", "owner")
    with site.database.workspace_tx(site.workspace) as uow:
        members.set_active(uow, OWNER, site.member_id("Chen"), active=False)


def demote(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        role_keeping.put_role(uow, OWNER, {"kind": "role", "key": "guest", "label": "Guest"})
        members.change_member(uow, OWNER, site.member_id("Chen"), role="guest", unit_ids=())


def revoke(site: Site) -> None:
    with site.database.main_tx() as connection:
        for token in tokens.list_tokens(connection, site.workspace):
            now = site.database.clock()
            tokens.revoke_token(connection, site.workspace, token.id, now=now)


def fresh_caches() -> dict[Any, Any]:
    """The definitions that the second process had read before; one per process in life."""
    return dict(snapshot._cache)


@pytest.mark.parametrize(
    ("take_away", "page", "route"),
    [(narrow, 403, 403), (dismiss, 404, 200), (demote, 403, 200), (revoke, 200, 401)],
)
def test_the_next_request_in_another_process_is_refused(
    site: Site, second: Site, take_away: Callable[[Site], None], page: int, route: int
) -> None:
    attack = open_shop(site, role())
    browser = second.signed_in("Chen", "desk")
    program = second.visitor()
    assert browser.get(PAGE).status_code == 200
    assert program.get(ROUTE, headers=attack.headers).status_code == 200
    read_before = fresh_caches()
    take_away(site)
    snapshot._cache.clear()
    snapshot._cache.update(read_before)
    assert browser.get(PAGE).status_code == page
    assert program.get(ROUTE, headers=attack.headers).status_code == route


def test_a_field_that_is_hidden_now_is_gone_from_the_next_answer(site: Site, second: Site) -> None:
    attack = open_shop(site, role())
    program = second.visitor()
    assert "mobile" in program.get(ROUTE, headers=attack.headers).get_json()["records"][0]
    with site.database.workspace_tx(site.workspace) as uow:
        role_keeping.put_role(uow, OWNER, role("hidden"))
    assert "mobile" not in program.get(ROUTE, headers=attack.headers).get_json()["records"][0]


@pytest.mark.parametrize("take_away", [narrow, dismiss])
def test_work_in_the_background_asks_again_what_its_owner_may_do(
    site: Site, take_away: Callable[[Site], None]
) -> None:
    attack: Attack = open_shop(site, role())
    site.person("Chen", "desk")
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        asked = members.access_of(uow, site.people["Chen"].id)
        assert asked is not None
        assert asked.can("read_records")
        kept = actor_json(asked)
    take_away(site)
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        try:
            now = access_now(uow, kept)
        except Forbidden:
            now = None
        assert now is None or not now.can("read_records")
        assert "desk" in roles_of(uow)
    assert attack.customer
