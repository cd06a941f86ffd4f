"""F29: a definition whose stored JSON is damaged is left out; the rest goes on and says so."""

import json
import random

import pytest

from regulars.form_builder import records
from regulars.form_builder.origin import API
from regulars.platform import columns
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions.snapshot import definition_version, raise_number, snapshot
from regulars.platform.health import storage
from regulars.platform.health.findings import Place
from regulars.rule_engine.tables import event_failure, rule_state
from regulars.wiring import wire
from tests.support.clocks import MovableClock
from tests.support.rule_faults import promises_kept
from tests.support.rule_shop import SILENT_30, RuleShop, journey, mirror
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

import sqlalchemy as sa  # isort: skip


def damage(
    database: Database, workspace: Workspace, key: str, text: str, kind: str = "form"
) -> None:
    with database.workspace_tx(workspace) as uow:
        uow.execute(
            definition_version.update()
            .where(definition_version.c.kind == kind, definition_version.c.key == key)
            .values(body=sa.type_coerce(sa.literal(text), columns.Text()))
        )
        raise_number(uow)


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "form", "key": "prod', "[]", "{}", '{"key": "products", "fields": [1]}', "",
        '{"kind": "form", "key": "products", "fields": [{"key": "a", "type": "no such type"}]}',
    ],
)  # fmt: skip
def test_f29_one_damaged_form_does_not_take_the_others_along(
    site: Site, database: Database, workspace: Workspace, text: str
) -> None:
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    damage(database, workspace, "products", text)
    with database.workspace_tx(workspace) as uow:
        assert [each.key for each in snapshot(uow).broken] == ["products"]
        access = system_access("en")
        made = records.create_record(uow, access, "customers", {"name": "A"}, origin=API)
        assert made.title == "A"
    place = Place(database, workspace, database.clock())
    assert [f.code for f in storage.definitions(place)] == ["definition-broken"]
    owner = site.signed_in()
    assert owner.get(f"{site.home}/").status_code == 200
    assert owner.get(f"{site.home}/forms/customers/records").status_code == 200
    assert owner.get(f"{site.home}/forms/products/records").status_code == 404
    assert "products" in owner.get(f"{site.home}/settings/health").text


@pytest.mark.parametrize("form", ["orders", "customers"])
def test_f29_a_rule_whose_form_is_damaged_says_so_and_the_others_go_on(
    site: Site, clock: MovableClock, form: str
) -> None:
    shop = RuleShop(site.database, site.workspace).open()
    scan = {"on": "scan", "every": "day", "at": "10:00"}
    alone = {"on": "record_created", "form": "coupons"}
    tag = {"do": "add_tags", "tags": ["seen"]}
    shop.publish(
        journey("lapsed", trigger=scan, when=SILENT_30, steps=[tag]),
        journey("asked", trigger={"on": "manual"}, when=SILENT_30, steps=[tag]),
        journey("coupon", subject="coupons", trigger=alone, guards={}, steps=[{"do": "stop"}]),
    )
    shop.publish(
        mirror("quiet", SILENT_30, {"field": "tags", "add": "quiet"}),
        journey("named", trigger={"on": "record_updated", "form": "customers"}, when=SILENT_30,
                steps=[tag]),
    )  # fmt: skip
    anna = shop.customer()
    shop.order(anna, automation="none")
    shop.tick()
    shop.change("customers", anna, name="Anna")
    damage(site.database, site.workspace, form, "{}")
    client, headers = site.visitor(), site.token()
    for path, body in (("lapsed/enrol", {}), ("asked/run", {"records": [anna]})):
        refused = client.post(f"/api/v1/rules/{path}", json=body, headers=headers)
        assert refused.status_code == 409, path
        assert refused.json is not None
        assert refused.json["code"] == "rule-broken", path
    asked = {"record": anna}
    for path, told in (("count", {}), ("explain", asked), ("test", asked), ("simulate", {})):
        answer = client.post(f"/api/v1/rules/lapsed/{path}", json=told, headers=headers)
        assert answer.status_code < 500, path
    owner = site.signed_in()
    for page in ("rules", "rules/lapsed", "rules/lapsed/runs", "rules/lapsed/start", ""):
        assert owner.get(f"{site.home}/{page}").status_code < 500, page
    with shop.work() as uow:
        made = records.create_record(
            uow, system_access("en"), "coupons", {"code": "A"}, origin=API
        )
        later = rule_state.update().where(rule_state.c.rule == "lapsed")
        uow.execute(later.values(enrol_per_day=5))
    clock.forward(days=1)
    shop.engine.plan(clock())
    shop.engine.drain()
    assert [run.record for run in shop.runs("coupon", status="done")] == [made.id]
    assert shop.count(event_failure) == 0
    promises_kept(shop.database, shop.workspace)


def flipped(text: str, seed: int) -> str:
    """The text with one bit of it turned round."""
    raw = bytearray(text.encode("ascii"))
    place = random.Random(seed).randrange(len(raw))
    raw[place] ^= 1 << random.Random(seed + 1).randrange(7)
    return raw.decode("ascii")


@pytest.mark.parametrize("how", ["unknown step", "unknown trigger", "no steps", "bits"])
def test_f29_a_damaged_rule_is_left_out_and_the_others_go_on(
    site: Site, clock: MovableClock, how: str
) -> None:
    shop = RuleShop(site.database, site.workspace).open()
    tag = {"do": "add_tags", "tags": ["seen"]}
    hurt, whole = (journey(name, steps=[tag], guards={}) for name in ("hurt", "whole"))
    shop.publish(hurt, whole)
    bodies = {
        "unknown step": [json.dumps({**hurt, "steps": [{"do": "fly", "to": "the moon"}]})],
        "unknown trigger": [json.dumps({**hurt, "trigger": {"on": "full_moon"}})],
        "no steps": [json.dumps({**hurt, "steps": {"do": 1}})],
        "bits": [flipped(json.dumps(hurt), seed) for seed in range(8)],
    }
    owner = site.signed_in()
    for done, body in enumerate(bodies[how], 1):
        damage(site.database, site.workspace, "hurt", body, "rule")
        shop.order(shop.customer())
        shop.tick()
        assert len(shop.runs("whole", status="done")) == done, body
        for page in ("rules", "rules/hurt", "rules/whole", "messages", "settings/health", ""):
            assert owner.get(f"{site.home}/{page}").status_code < 500, (page, body)
