"""F29: a draft that is damaged is shown as it is stored, with what brings a whole one back."""

import json

import pytest
import sqlalchemy as sa
from markupsafe import escape

from regulars.platform import columns
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.snapshot import definition, raise_number
from regulars.platform.health import storage
from regulars.platform.health.findings import Place
from regulars.platform.web.definition_homes import definition_homes
from tests.security.every_route import routes
from tests.support.rule_shop import RuleShop, journey
from tests.support.site import Site

HURT = {"steps": [{"do": "fly"}], "fields": [1], "trigger": {"on": "full_moon"}}
TEXTS = ('{"kind": "rule", "key": "x', "[1]", json.dumps({"label": "Hurt", **HURT}))
DOORS = {"workspace", "api"}


def keep_damaged(database: Database, workspace: Workspace, text: str) -> None:
    """A damaged draft of every kind, called x, and one of the form of customers."""
    stored = sa.type_coerce(sa.literal(text), columns.Text())
    with database.workspace_tx(workspace) as uow:
        for kind in kinds.names():
            about = {"kind": kind, "key": "x"}
            uow.execute(definition.insert().values(**about, draft=stored, draft_tag=1))
        where = (definition.c.kind == "form", definition.c.key == "customers")
        uow.execute(definition.update().where(*where).values(draft=stored, draft_tag=2))
        raise_number(uow)


@pytest.mark.parametrize("text", TEXTS[::2])
def test_f29_every_page_and_route_stands_a_damaged_draft(site: Site, text: str) -> None:
    RuleShop(site.database, site.workspace).open()
    keep_damaged(site.database, site.workspace, text)
    owner, caller, headers = site.signed_in(), site.visitor(), site.token()
    failed = []
    for route in routes(site.app, "GET"):
        if route.permission.door not in DOORS:
            continue
        api = route.permission.door == "api"
        answer = (caller if api else owner).get(route.path, headers=headers if api else {})
        led = "/damaged" in answer.headers.get("Location", "")
        is_list = "<" not in route.rule.replace("<workspace>", "")
        if answer.status_code >= 500 or (led and is_list):
            failed.append((answer.status_code, route.rule))
    assert failed == []


@pytest.mark.parametrize("text", TEXTS)
def test_f29_a_damaged_draft_is_shown_as_stored_and_a_version_brings_it_back(
    site: Site, text: str
) -> None:
    shop = RuleShop(site.database, site.workspace).open()
    shop.publish(journey("x", steps=[{"do": "add_tags", "tags": ["seen"]}], guards={}))
    stored = sa.type_coerce(sa.literal(text), columns.Text())
    with site.database.workspace_tx(site.workspace) as uow:
        changed = definition.update().where(definition.c.key == "x")
        uow.execute(changed.values(draft=stored, draft_tag=2))
        raise_number(uow)
    place = Place(site.database, site.workspace, site.database.clock())
    assert [each.code for each in storage.definitions(place)] == ["draft-broken"]
    owner, page = site.signed_in(), f"{site.home}/definitions/rule/x/damaged"
    assert page in owner.get(f"{site.home}/rules").text
    for name in ("", "/compose", "/review", "/as-goal", "/test", "/count", "/simulation"):
        led = owner.get(f"{site.home}/rules/x{name}")
        assert (led.status_code, led.headers["Location"]) == (303, page), name
    shown = owner.get(page)
    assert shown.status_code == 200
    assert escape(text[:12]) in shown.text or "fly" in shown.text
    assert f"{site.home}/definitions/rule/x/versions/1/restore" in shown.text
    asked = site.visitor().get("/api/v1/rules/x?state=draft", headers=site.token())
    if text == TEXTS[-1]:
        assert (asked.status_code, asked.json) == (200, json.loads(text))
    else:
        assert (asked.status_code, (asked.json or {})["stored"]) == (409, text)
    assert owner.send(f"{site.home}/definitions/rule/x/versions/1/restore").status_code == 303
    assert owner.get(page).headers["Location"] == f"{site.home}/rules/x"
    assert owner.get(f"{site.home}/rules/x/compose").status_code == 200
    assert owner.send(page).status_code == 409


def test_f29_a_damaged_draft_without_versions_can_be_thrown_away(site: Site) -> None:
    keep_damaged(site.database, site.workspace, TEXTS[0])
    owner = site.signed_in()
    for kind in definition_homes:
        page = f"{site.home}/definitions/{kind.kind}/x/damaged"
        assert escape(TEXTS[0]) in owner.get(page).text, kind.kind
        assert site.signed_in("Cleo", "clerk").send(page).status_code == 403
        assert owner.send(page).status_code == 303
        assert owner.get(page).status_code == 404
