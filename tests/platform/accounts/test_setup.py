import pytest

from regulars.platform.accounts import setup
from regulars.platform.db import Database
from regulars.platform.errors import Invalid
from regulars.platform.workspaces import list_workspaces
from tests.support.site import PASSWORD, Site

FORM = {
    "name": "王小美",
    "email": "owner@shop.example",
    "password": PASSWORD,
    "shop/name": "海边咖啡",
    "shop/zone": "Asia/Shanghai",
    "shop/currency": "CNY",
    "week_start": "6",
    "locale": "zh-Hans",
}


def code_of(database: Database) -> str:
    code = setup.issue_code(database)
    assert code is not None
    return code


def test_a_new_installation_leads_to_the_set_up_page(site: Site) -> None:
    visitor = site.visitor()
    assert visitor.get("/").location == "/setup"
    assert visitor.get("/sign-in").location == "/setup"


def test_set_up_makes_an_owner_who_is_signed_in_at_once(site: Site) -> None:
    visitor = site.visitor()
    done = visitor.send("/setup", {**FORM, "code": code_of(site.database)})
    assert (done.status_code, done.location) == (303, "/")
    assert visitor.get("/", follow_redirects=True).request.path == "/w/hai-bian-ka-fei/"
    made = list_workspaces(site.database)[-1]
    assert (made.name, made.week_start, made.locale) == ("海边咖啡", 6, "zh-Hans")


def test_a_wrong_code_opens_nothing(site: Site) -> None:
    code_of(site.database)
    refused = site.visitor().send("/setup", {**FORM, "code": "AAAAAAAAAA"})
    assert refused.status_code == 422
    assert setup.is_open(site.database)


def test_every_mistake_is_shown_at_its_field(site: Site) -> None:
    wrong = {
        **FORM,
        "code": code_of(site.database),
        "email": "nobody",
        "name": " ",
        "password": "short",
        "shop/zone": "Mars/Base",
    }
    page = site.visitor().send("/setup", wrong)
    assert page.status_code == 422
    for field in ("email", "name", "password", "shop-zone"):
        assert f'id="field-{field}-error"' in page.text


def test_a_refused_set_up_leaves_the_code_good(site: Site) -> None:
    code, visitor = code_of(site.database), site.visitor()
    visitor.send("/setup", {**FORM, "code": code, "email": "nobody"})
    assert visitor.send("/setup", {**FORM, "code": code}).status_code == 303


def test_set_up_is_gone_once_it_has_been_used(site: Site) -> None:
    code, visitor = code_of(site.database), site.visitor()
    visitor.send("/setup", {**FORM, "code": code})
    assert visitor.get("/setup").status_code == 404
    again = visitor.send("/setup", {**FORM, "code": code, "email": "eve@shop.example"})
    assert again.status_code == 404
    assert setup.issue_code(site.database) is None


def test_the_code_works_once_even_for_those_who_know_it(database: Database) -> None:
    code = code_of(database)
    with database.main_tx() as connection:
        setup._use_code(connection, code, database.clock())
    with database.main_tx() as connection, pytest.raises(Invalid):
        setup._use_code(connection, code, database.clock())


def test_guessing_the_code_is_slowed_down(site: Site) -> None:
    code_of(site.database)
    visitor = site.visitor()
    answers = [visitor.send("/setup", {"code": "AAAAAAAAAA"}).status_code for _ in range(51)]
    assert answers[-1] == 429
    assert set(answers[:-1]) == {422}
