"""Saved views: a list kept under a name."""

import json

from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from tests.form_builder.web.conftest import Shop
from tests.form_builder.web.test_record_pages import names_in
from tests.support.site import Site, Visitor, words_of

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


def test_a_clerk_keeps_a_view_that_nobody_else_sees(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    shop.make("customers", name="Ann", tier="diamond")
    shop.make("customers", name="Bo")
    clerk.get(f"{LIST}/records")
    given = {"label": "My best", "filter": VIP, "for": "me", "cols": "name,tier"}
    saved = clerk.send(f"{LIST}/views", given, follow_redirects=True)
    assert names_in(saved) == ["Ann"]
    assert "My best" in words_of(saved.text)
    assert "My best" not in words_of(owner.get(f"{LIST}/records").text)
    view = saved.request.args["view"]
    assert names_in(owner.get(f"{LIST}/records?view={view}")) == ["Bo", "Ann"]
    assert owner.send(f"{LIST}/views/{view}/remove").status_code == 404
    again = {"view": view, "sort": "name", "label": "Best"}
    changed = clerk.send(f"{LIST}/views/{view}/change", again, follow_redirects=True)
    assert names_in(changed) == ["Ann"]
    assert "Best" in words_of(changed.text)
    clerk.send(f"{LIST}/views/{view}/remove")
    assert "Best" not in words_of(clerk.get(f"{LIST}/records").text)


def test_what_makes_no_sense_is_not_kept(owner: Visitor) -> None:
    owner.get(f"{LIST}/records")
    gone = {"field": "gone", "op": "is", "value": "x"}
    rule = [{"when": gone, "color": "red"}]
    for wrong in ({"filter": json.dumps(gone)}, {"colors": json.dumps(rule)}, {"sort": "-gone"}):
        for whom in ("me", "all"):
            given = {"label": "Odd", "for": whom, **wrong}
            assert owner.send(f"{LIST}/views", given).status_code == 422, given
    assert "Odd" not in words_of(owner.get(f"{LIST}/records").text)


def test_a_list_opens_with_the_view_somebody_chose_and_everything_is_a_tab_away(
    shop: Shop, clerk: Visitor
) -> None:
    shop.make("customers", name="Ann", tier="diamond")
    shop.make("customers", name="Bo")
    clerk.get(f"{LIST}/records")
    saved = clerk.send(f"{LIST}/views", {"label": "Best", "filter": VIP, "for": "me"})
    view = saved.location.rpartition("view=")[2]
    clerk.send(f"{LIST}/views/{view}/start")
    assert names_in(clerk.get(f"{LIST}/records")) == ["Ann"]
    assert names_in(clerk.get(f"{LIST}/records?view=-")) == ["Bo", "Ann"]
    assert names_in(clerk.get(f"{LIST}/records?view=-&sort=name")) == ["Ann", "Bo"]
    clerk.send(f"{LIST}/views/{view}/start")
    assert names_in(clerk.get(f"{LIST}/records")) == ["Bo", "Ann"]


def test_a_shared_view_may_be_for_some_roles_and_change_for_everybody(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    owner.get(f"{LIST}/records")
    given = {"label": "For clerks", "sort": "name", "for": "roles", "role": "clerk"}
    owner.send(f"{LIST}/views", given)
    other = {"label": "For managers", "sort": "name", "for": "roles", "role": "manager"}
    owner.send(f"{LIST}/views", other)
    shown = words_of(clerk.get(f"{LIST}/records").text)
    assert "For clerks" in shown
    assert "For managers" not in shown
    assert clerk.send(f"{LIST}/views/for_clerks/change", {"sort": "-name"}).status_code == 403
    owner.send(f"{LIST}/views/for_clerks/change", {"view": "for_clerks", "sort": "-name"})
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        views = store.get_draft(uow, "form", "customers").raw["views"]
    assert views[0]["sort"] == ["-name"]
    assert views[0]["roles"] == ["clerk"]
    for wrong in ({"for": "roles"}, {"for": "roles", "role": "wizard"}):
        assert owner.send(f"{LIST}/views", {"label": "x", **wrong}).status_code == 422


def test_ones_own_view_is_shared_and_is_no_longer_ones_own(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    owner.get(f"{LIST}/records")
    saved = owner.send(f"{LIST}/views", {"label": "Best", "filter": VIP, "for": "me"})
    view = saved.location.rpartition("view=")[2]
    assert clerk.send(f"{LIST}/views/{view}/share").status_code == 403
    owner.send(f"{LIST}/views/{view}/share")
    assert "Best" in words_of(clerk.get(f"{LIST}/records").text)
    assert owner.send(f"{LIST}/views/{view}/remove").status_code == 404


def test_a_view_by_a_field_that_is_hidden_since_says_so_and_tells_nothing_s12(
    shop: Shop, site: Site
) -> None:
    role = {
        "kind": "role", "key": "helper", "label": "Helper", "capabilities": [],
        "forms": {"customers": {"read": "all", "fields": {}}},
    }  # fmt: skip

    def publish(raw: dict[str, object]) -> None:
        with site.database.workspace_tx(site.workspace) as uow:
            store.save_draft(uow, system_access("en"), "role", raw)
            store.publish(uow, system_access("en"), [("role", "helper")])

    publish(role)
    shop.make("customers", name="Ann", tier="diamond")
    shop.make("customers", name="Bo")
    helper = site.signed_in("Kim", "helper")
    helper.get(f"{LIST}/records")
    given = {"label": "Best", "filter": VIP, "sort": "tier", "for": "me"}
    saved = helper.send(f"{LIST}/views", given, follow_redirects=True)
    assert names_in(saved) == ["Ann"]
    fields = {"tier": "hidden"}
    publish({**role, "forms": {"customers": {"read": "all", "fields": fields}}})
    page = helper.get(f"{LIST}/records?{saved.request.query_string.decode()}")
    assert names_in(page) == ["Bo", "Ann"]
    assert "2 filters or orders of this view" in page.text
    assert "diamond" not in page.text


def test_records_are_coloured_by_condition_with_a_number_and_a_legend(
    shop: Shop, owner: Visitor, clerk: Visitor
) -> None:
    shop.make("customers", name="Ann", tier="diamond")
    shop.make("customers", name="Bo")
    row = "f=tier&op=is&v=diamond&paint=red"
    page = owner.get(f"{LIST}/records?{row}", follow_redirects=True)
    assert names_in(page) == ["Bo", "1 tier is Diamond: Ann"]
    assert page.text.count("tint-whole") == 1
    assert page.text.count('class="tint tint-red"') == 1
    for shape in ("kanban&by=tier", "gallery", "calendar&by=created_at"):
        other = owner.get(f"{page.request.full_path}&as={shape}")
        assert "tint-red tint-whole" in other.text
    cell = owner.get(f"{LIST}/records?{row}&spot=1", follow_redirects=True)
    assert "tint-whole" not in cell.text
    assert cell.text.count('class="tint tint-red"') == 2
    asked = page.request.args["colors"]
    owner.send(f"{LIST}/views", {"label": "Best", "colors": asked})
    shared = clerk.get(f"{LIST}/records?view=best")
    assert "tint-whole" in shared.text
    none = clerk.get(f"{LIST}/records?view=best&colors=[]")
    assert "tint-whole" not in none.text


def test_filters_become_a_colour_and_everything_shows_again(shop: Shop, owner: Visitor) -> None:
    shop.make("customers", name="Ann", tier="diamond")
    shop.make("customers", name="Bo")
    asked = {"filter": VIP, "paint": "green"}
    page = owner.get(f"{LIST}/records", query_string=asked, follow_redirects=True)
    assert names_in(page) == ["Bo", "1 tier is Diamond: Ann"]
    assert page.text.count("tint-green tint-whole") == 1
    odd = owner.get(f"{LIST}/records?colors=[[]]&paint=x")
    assert odd.status_code == 200
