"""The designer: its page, its steps by plain posts and by htmx, publishing."""

import json
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from regulars.platform.accounts import users
from regulars.platform.definitions import store
from regulars.platform.definitions.store import Draft
from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

DESIGN = "/w/shop/forms/customers/design"


def draft(shop: Shop, key: str = "customers") -> Draft:
    with shop.site.database.workspace_tx(shop.site.workspace, write=False) as uow:
        return store.get_draft(uow, "form", key)


def keys_of(shop: Shop, key: str = "customers") -> list[str]:
    return [field["key"] for field in draft(shop, key).raw["fields"]]


def step(owner: Visitor, **values: Any) -> TestResponse:
    answer = owner.htmx("POST", f"{DESIGN}/steps", values)
    assert answer.status_code == 200, answer.text
    assert answer.text.strip().startswith('<div id="designer"') or "designer" in answer.text[:200]
    return answer


def test_the_page_has_a_card_for_every_field_and_the_palette(shop: Shop, owner: Visitor) -> None:
    page = owner.get(DESIGN)
    assert page.status_code == 200
    cards = re.findall(r'id="field-card-([^"]+)"', page.text)
    assert cards == keys_of(shop)
    said = words_of(page.text)
    assert {"Add a field", "Long text", "Link to a form", "Published, version 1"} <= set(said)


@pytest.mark.parametrize("tab", ["preview", "json", "gone"])
def test_the_form_can_be_looked_at_in_other_ways(owner: Visitor, tab: str) -> None:
    page = owner.get(f"{DESIGN}?tab={tab}")
    assert page.status_code == 200
    assert ("&#34;kind&#34;: &#34;form&#34;" in page.text) is (tab == "json")


def test_every_kind_of_field_has_settings_that_can_be_shown(shop: Shop, owner: Visitor) -> None:
    for form in ("customers", "orders", "products"):
        for field in draft(shop, form).raw["fields"]:
            refs = [field["key"], *(f"{field['key']}.{c['key']}" for c in field.get("fields", ()))]
            for ref in refs:
                page = owner.get(f"/w/shop/forms/{form}/design?field={ref}")
                assert page.status_code == 200
                assert f"Key for formulas and imports: {ref}" in words_of(page.text)


def test_a_step_by_htmx_answers_with_the_whole_designer(shop: Shop, owner: Visitor) -> None:
    answer = step(owner, do="add", type="long_text", after="name")
    assert "<html" not in answer.text
    assert keys_of(shop)[:2] == ["name", "long_text"]
    assert "Key for formulas and imports: long_text" in words_of(answer.text)
    assert "1 change not published" in words_of(answer.text)


def test_a_step_by_a_plain_post_goes_back_to_the_page(shop: Shop, owner: Visitor) -> None:
    owner.get(DESIGN)
    answer = owner.send(f"{DESIGN}/steps", {"do": "up", "field": "mobile", "selected": "mobile"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{DESIGN}?field=mobile")
    assert keys_of(shop)[:2] == ["mobile", "name"]


def test_steps_can_be_undone_and_redone(shop: Shop, owner: Visitor) -> None:
    before = keys_of(shop)
    step(owner, do="remove", field="email", sure="1")
    owner.htmx("POST", f"{DESIGN}/undo")
    assert keys_of(shop) == before
    answer = owner.htmx("POST", f"{DESIGN}/redo")
    assert "email" not in keys_of(shop)
    assert "2 changes not published" in words_of(answer.text)  # the person's e-mail goes with it


def test_problems_stand_on_the_card_and_beside_the_setting(shop: Shop, owner: Visitor) -> None:
    posted = {"do": "settings", "field": "average", "formula~here": "1", "formula": "name + 1"}
    answer = step(owner, **posted)
    card = re.search(
        r'<li class="field-card[^"]*has-problem[^"]*"\s+id="field-card-average"', answer.text
    )
    assert card is not None
    assert 'id="set-formula-error"' in answer.text
    review = owner.get(f"{DESIGN}/publish")
    assert "One thing stands in the way" in words_of(review.text)
    assert re.search(r"<button class=\"btn btn-primary\" disabled", review.text)
    assert owner.send(f"{DESIGN}/publish").status_code == 422


def test_a_problem_of_the_form_itself_is_said_at_the_top(owner: Visitor) -> None:
    answer = step(owner, do="form", label="Customers", title="{gone}", is_person="1")
    assert "There is no field called “gone” here." in words_of(answer.text)


def test_publishing_says_what_changes_and_the_form_is_used_at_once(
    shop: Shop, owner: Visitor
) -> None:
    step(owner, do="add", type="text", after="name")
    step(owner, do="label", field="text", label="Nickname")
    review = owner.get(f"{DESIGN}/publish")
    assert "New field “Nickname”" in words_of(review.text)
    answer = owner.send(f"{DESIGN}/publish")
    assert answer.headers["Location"] == "/w/shop/forms/customers/records"
    assert draft(shop).published == 2
    assert "Nickname" in words_of(owner.get("/w/shop/forms/customers/records/new").text)
    made = owner.send("/w/shop/forms/customers/records/new", {"name": "Ann", "text": "Annie"})
    assert (
        shop.read("customers", int(made.headers["Location"].rsplit("/", 1)[1]))["text"] == "Annie"
    )


def test_forms_that_need_each_other_are_offered_together(shop: Shop, owner: Visitor) -> None:
    owner.get("/w/shop/new-form")
    made = owner.send(
        "/w/shop/new-form", {"label": "Guests", "icon": "users", "parts": ["person"]}
    )
    assert made.headers["Location"] == "/w/shop/forms/guests/design"
    step(owner, do="add", type="link")
    step(owner, **{"do": "settings", "field": "link_to_a_form", "to~here": "1", "to": "guests"})
    review = owner.get(f"{DESIGN}/publish")
    assert {"Publish together", "Guests"} <= set(words_of(review.text))
    assert "One thing stands in the way" not in words_of(review.text)
    owner.send(f"{DESIGN}/publish", {"with": "guests"})
    assert (draft(shop, "guests").published, draft(shop).published) == (1, 2)


def test_records_that_are_alike_keep_a_field_from_becoming_unique(
    shop: Shop, owner: Visitor
) -> None:
    for _ in range(2):
        shop.make("customers", name="Ann")
    step(owner, **{"do": "settings", "field": "name", "unique~here": "1", "unique": "1"})
    refused = owner.send(f"{DESIGN}/publish")
    assert refused.status_code == 422
    assert "One value of “Name” stands on more than one record" in refused.text


def test_changes_are_dropped_and_a_form_is_put_away(shop: Shop, owner: Visitor) -> None:
    step(owner, do="remove", field="email", sure="1")
    assert owner.send(f"{DESIGN}/discard").headers["Location"] == DESIGN
    assert "email" in keys_of(shop)
    refused = owner.send("/w/shop/forms/products/design/archive")
    assert refused.status_code == 409
    assert "still points to this one: Orders" in refused.text


@pytest.mark.parametrize("values", [{"do": "fly"}, {"do": "up", "field": "gone"}])
def test_a_step_that_makes_no_sense_becomes_a_toast(
    owner: Visitor, values: dict[str, str]
) -> None:
    owner.get(DESIGN)
    answer = owner.htmx("POST", f"{DESIGN}/steps", values)
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#toasts"


def test_settings_that_break_the_shape_are_refused_and_nothing_changes(
    shop: Shop, owner: Visitor
) -> None:
    owner.get(DESIGN)
    values = {"do": "settings", "field": "name", "max_length~here": "1", "max_length": "99999"}
    answer = owner.htmx("POST", f"{DESIGN}/steps", values)
    assert answer.status_code == 422
    assert not draft(shop).changed


def test_the_list_of_forms_tells_their_state(shop: Shop, owner: Visitor, clerk: Visitor) -> None:
    step(owner, do="remove", field="email", sure="1")
    said = words_of(owner.get("/w/shop/forms").text)
    assert {"Customers", "Orders", "Products", "Changes not published", "0 records"} <= set(said)
    seen = words_of(clerk.get("/w/shop/forms").text)
    assert "Customers" in seen
    assert "Changes not published" not in seen
    assert "New form" not in seen


def test_a_new_form_needs_a_name(owner: Visitor) -> None:
    owner.get("/w/shop/new-form")
    answer = owner.send("/w/shop/new-form", {"label": " ", "icon": "star", "parts": ["tags"]})
    assert answer.status_code == 422
    assert "Please fill this in." in words_of(answer.text)
    assert re.search(r'name="parts" value="tags" checked', answer.text)


@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant", "en"])
def test_the_designer_speaks_every_language(shop: Shop, owner: Visitor, locale: str) -> None:
    person = shop.site.people["Alice"]
    with shop.site.database.main_tx() as connection:
        users.update_profile(connection, person.id, name="Alice", locale=locale)
    words = {"zh-Hans": "添加字段", "zh-Hant": "新增欄位", "en": "Add a field"}
    page = owner.get(DESIGN)
    assert words[locale] in words_of(page.text)
    for path in (f"{DESIGN}?field=tier", "/w/shop/forms", "/w/shop/new-form", f"{DESIGN}/publish"):
        assert owner.get(path).status_code == 200


def test_a_field_that_something_uses_is_asked_about_before_it_goes(
    shop: Shop, owner: Visitor
) -> None:
    asked = step(owner, do="remove:email", selected="email")
    assert "Remove anyway" in words_of(asked.text)
    assert "email" in keys_of(shop)
    step(owner, do="remove", field="email", sure="1")
    assert "email" not in keys_of(shop)


def test_what_is_read_aloud_says_where_a_field_went(owner: Visitor) -> None:
    answer = step(owner, do="up:mobile")
    said = re.search(r'id="designer-says" role="status">([^<]*)<', answer.text)
    assert said is not None
    assert re.match(r"mobile: place 1 of \d+ in Section 1\.", said.group(1))


def test_undo_in_one_tab_leaves_the_other_tabs_work(shop: Shop, owner: Visitor) -> None:
    stale = str(draft(shop).tag)
    step(owner, do="label:name", label="Guest")
    answer = owner.htmx("POST", f"{DESIGN}/undo", {"tag": stale})
    assert answer.status_code == 200
    assert "so nothing was undone" in answer.text
    assert draft(shop).raw["fields"][0]["label"]["en"] == "Guest"


def test_two_tabs_arrange_the_same_form(shop: Shop, owner: Visitor) -> None:
    step(owner, do="add", type="part/section")
    seen = draft(shop)
    section = seen.raw["layout"][-1]["id"]
    step(owner, do="move", field="email", section=section, position="0", tag=str(seen.tag))
    step(owner, do="add", type="part/page", tag=str(seen.tag))
    step(owner, do="move", field="mobile", section=section, position="0", tag=str(seen.tag))
    layout = draft(shop).raw["layout"]
    assert {"email", "mobile"} == set(next(p for p in layout if p["id"] == section)["fields"])
    assert any("page" in part for part in layout)


def test_the_definition_is_written_by_hand(shop: Shop, owner: Visitor) -> None:
    raw = {**draft(shop).raw, "description": "Everybody who came in"}
    seen = owner.htmx("POST", f"{DESIGN}/definition", {"definition": json.dumps(raw)})
    assert seen.status_code == 200
    assert draft(shop).raw["description"] == "Everybody who came in"
    owner.htmx("POST", f"{DESIGN}/undo")
    assert "description" not in draft(shop).raw


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"fields": [{"key": "a", "type": "spaceship"}]}, "fields/0/type", "spaceship"),
        ({"key": "guests"}, "key", "customers"),
        ({"colour": "red"}, "colour", "colour"),
    ],
)
def test_a_definition_with_problems_stays_as_it_was_typed(
    shop: Shop, owner: Visitor, change: dict[str, Any], path: str, says: str
) -> None:
    text = json.dumps({**draft(shop).raw, **change})
    refused = owner.htmx("POST", f"{DESIGN}/definition", {"definition": text})
    assert refused.status_code == 422
    assert f"<code>{path}</code>" in refused.text
    assert says in refused.text
    assert not draft(shop).changed
    broken = owner.htmx("POST", f"{DESIGN}/definition", {"definition": '{"kind": '})
    assert broken.status_code == 422
    assert "{&#34;kind&#34;: " in broken.text


def test_copied_fields_are_pasted_into_another_form(shop: Shop, owner: Visitor) -> None:
    clip = owner.get(f"{DESIGN}/copied", query_string={"field": ["mobile", "tier"]})
    assert [field["key"] for field in clip.get_json()["fields"]] == ["mobile", "tier"]
    steps = "/w/shop/forms/products/design/steps"
    owner.htmx("POST", steps, {"do": "paste", "clip": clip.text})
    assert {"mobile", "tier"} <= set(keys_of(shop, "products"))
    refused = owner.htmx("POST", steps, {"do": "paste", "clip": "something else"})
    assert refused.status_code == 422
    assert "These are no copied fields" in refused.text


def test_the_preview_speaks_the_language_that_is_asked_for(owner: Visitor) -> None:
    page = owner.get(f"{DESIGN}?tab=preview&lang=zh-Hans")
    assert page.text.count("新增") >= 2
    assert "Language" in words_of(page.text)


def test_a_field_never_published_changes_its_type_on_the_card(shop: Shop, owner: Visitor) -> None:
    step(owner, do="add", type="text", after="name")
    answer = step(owner, do="become", field="text", type="money", selected="text")
    assert 'id="card-type-text"' in answer.text
    assert next(f for f in draft(shop).raw["fields"] if f["key"] == "text")["type"] == "money"
    refused = owner.htmx(
        "POST", f"{DESIGN}/steps", {"do": "become", "field": "name", "type": "money"}
    )
    assert refused.status_code == 409
