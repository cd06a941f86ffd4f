"""What a till may say: shape, and what its forms have."""

from typing import Any

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions.uses import uses_of_definition
from regulars.platform.errors import Invalid
from tests.support.shop_forms import publish_forms
from tests.support.till_shop import FORMS, TILL, put_till

pytestmark = pytest.mark.one_database


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Workspace:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, FORMS)
    return workspace


def changed(part: str, **values: Any) -> dict[str, Any]:
    return {part: {**TILL[part], **values}}


@pytest.mark.parametrize(
    ("parts", "place", "code"),
    [
        (changed("people", form="nobody"), "people/form", "unknown-form"),
        (changed("people", find_by=["mobil"]), "people/find_by/0", "unknown-field"),
        (changed("people", find_by=["birthday"]), "people/find_by/0", "till-cannot-find-by"),
        (changed("people", find_by=[]), "people/find_by", "shape-min-items"),
        (changed("people", show=["tier", "rank"]), "people/show/1", "unknown-field"),
        (changed("sale", form="coupons"), "sale/amount", "unknown-field"),
        (changed("sale", via="channel"), "sale/via", "till-no-link"),
        (changed("sale", amount="channel"), "sale/amount", "till-not-an-amount"),
        (changed("sale", amount="items.price"), "sale/amount", "unknown-field"),
        (changed("sale", at="amount"), "sale/at", "till-not-a-moment"),
        (changed("sale", values={"number": 1}), "sale/values/number", "till-cannot-set"),
        ({"offer": None}, "sale/offer", "till-without-offer"),
        (changed("offer", where={"formula": "stat = 1"}), "offer/where", "unknown-field"),
        (changed("offer", sets={}), "offer/sets", "required"),
        (changed("offer", sets={"status": "gone"}), "offer/sets/status", "unknown-option"),
        (changed("offer", sets={"used_at": {"formula": "NOW("}}), "offer/sets/used_at", ""),
        (changed("offer", least="code"), "offer/least", "till-not-an-amount"),
        (changed("points", formula="channel"), "points/formula", "till-not-an-amount"),
        (changed("points", via="sale"), "points/via", "till-no-link"),
        (changed("points", field="why"), "points/field", "till-not-an-amount"),
        (changed("offline", first="-rank"), "offline/first", "unknown-field"),
        (changed("offline", show=["mobile"]), "offline/show/0", "till-personal"),
        (changed("offline", hours=100), "offline/hours", "shape-maximum"),
        ({"tray": {}}, "tray", "unknown-key"),
    ],
)  # fmt: skip
def test_what_its_forms_do_not_have_is_named_with_its_place(
    database: Database, shop: Workspace, parts: dict[str, Any], place: str, code: str
) -> None:
    with database.workspace_tx(shop) as uow, pytest.raises(Invalid) as refused:
        put_till(uow, **parts)
    found = {(p.path.removeprefix("till/counter/"), p.code) for p in refused.value.problems}
    assert any(path.startswith(place) and code in (name, "") for path, name in found), found


def test_a_sound_till_is_published_and_its_forms_know_of_it(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        till = put_till(uow)
        bare = put_till(uow, key="bare", offer=None, points=None, offline=None, sale={
            "form": "orders", "via": "customer", "amount": "items.price",
        })  # fmt: skip
        uses = uses_of_definition(uow, system_access("en"), "form", "coupons")
    assert till.offer is not None
    assert till.offer.sets["status"] == "used"
    assert (bare.offer, bare.points, bare.offline.hours) == (None, None, 12)
    assert ("till", "counter") in {(use.kind, use.key) for use in uses}
