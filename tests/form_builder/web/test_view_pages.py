"""Saved views: a list kept under a name."""

import json

from regulars.platform.definitions import store
from tests.form_builder.web.conftest import Shop
from tests.form_builder.web.test_record_pages import names_in
from tests.support.site import Visitor, words_of

LIST = "/w/shop/forms/customers"
VIP = json.dumps({"all": [{"field": "tier", "op": "is", "value": "diamond"}]})


def test_a_list_is_kept_as_a_view_and_removed_again(shop: Shop, owner: Visitor) -> None:
    shop.make("customers", name="Ann", tier="diamond")
    shop.make("customers", name="Bo")
    owner.get(f"{LIST}/records?sort=-name")
    given = {"label": "Best guests", "filter": VIP, "sort": "-name", "cols": "name,tier"}
    saved = owner.send(f"{LIST}/views", given, follow_redirects=True)
    assert names_in(saved) == ["Ann"]
    assert {"Best guests", "Remove this view"} <= set(words_of(saved.text))
    owner.send(f"{LIST}/views/best_guests/remove")
    assert "Best guests" not in words_of(owner.get(f"{LIST}/records").text)


def test_a_view_waits_with_the_other_changes_of_the_draft(shop: Shop, owner: Visitor) -> None:
    owner.htmx("POST", f"{LIST}/design/steps", {"do": "remove", "field": "email", "sure": "1"})
    owner.send(f"{LIST}/views", {"label": "Best guests", "filter": VIP})
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        draft = store.get_draft(uow, "form", "customers")
    assert draft.published == 1
    assert [view["key"] for view in draft.raw["views"]] == ["best_guests"]


def test_a_view_needs_a_name_and_somebody_who_designs(owner: Visitor, clerk: Visitor) -> None:
    owner.get(f"{LIST}/records")
    assert owner.send(f"{LIST}/views", {"label": " "}).status_code == 422
    clerk.get(f"{LIST}/records")
    assert clerk.send(f"{LIST}/views", {"label": "Mine"}).status_code == 403


def test_removing_a_view_that_is_gone_says_so(owner: Visitor) -> None:
    owner.get(f"{LIST}/records")
    assert owner.send(f"{LIST}/views/gone/remove").status_code == 409
