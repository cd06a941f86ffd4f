"""S25: whoever reads the console becomes the owner, and only one of them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from regulars import wiring
from regulars.app import create_app
from regulars.platform.accounts import setup
from regulars.platform.accounts.tables import session, user
from regulars.platform.config import Config
from regulars.platform.db import Database
from regulars.platform.workspaces import list_workspaces
from tests.support.site import PASSWORD, SECRET, Site, Visitor

POSTS = 50
FORM = {
    "name": "王小美",
    "password": PASSWORD,
    "shop/zone": "Asia/Shanghai",
    "shop/currency": "CNY",
    "week_start": "0",
    "locale": "en",
}


def test_s25_of_fifty_first_owners_at_once_exactly_one_gets_in(
    database: Database, tmp_path: Path
) -> None:
    wiring.wire()
    code = setup.issue_code(database)
    places = len(list_workspaces(database))
    app = create_app(Config(data_dir=tmp_path, secret_key=SECRET), database)
    app.test_client_class = Visitor

    def rush(number: int) -> int:
        visitor = app.test_client()
        assert isinstance(visitor, Visitor)
        own = {"shop/name": f"Shop {number}", "email": f"first{number}@shop.example"}
        address = {"REMOTE_ADDR": f"10.0.0.{number}"}
        return visitor.send(
            "/setup", {**FORM, **own, "code": code}, environ_base=address
        ).status_code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(rush, range(POSTS)))
    assert answers.count(303) == 1
    assert set(answers) <= {303, 404, 422}
    with database.main_tx(write=False) as connection:
        for table in (user, session):
            made = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
            assert made == 1
    assert len(list_workspaces(database)) == places + 1


def test_s25_after_the_set_up_there_is_no_set_up(site: Site) -> None:
    code = setup.issue_code(site.database)
    site.person("Alice")
    for visitor in (site.visitor(), site.signed_in("Alice")):
        assert visitor.get("/setup").status_code == 404
        wish = {**FORM, "code": code, "email": "eve@shop.example", "shop/name": "Mine"}
        assert visitor.send("/setup", wish).status_code == 404


def test_s25_without_the_code_nobody_becomes_owner(site: Site) -> None:
    setup.issue_code(site.database)
    wish = {**FORM, "email": "eve@shop.example", "shop/name": "Mine"}
    for code in ("", "AAAAAAAAAA", "' OR 1=1 --"):
        assert site.visitor().send("/setup", {**wish, "code": code}).status_code == 422
    assert setup.is_open(site.database)
