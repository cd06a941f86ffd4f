"""Lists as boards, calendars and galleries; cards that move."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.querying import Record, RecordPage, RecordQuery
from regulars.form_builder.web.calendars import month_of
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

LIST = "/w/shop/forms/customers"
BOARD = f"{LIST}/records?as=kanban&by=tier"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def lanes(page: str) -> dict[str, str]:
    """The markup of each lane by its value."""
    parts = page.split('data-lane="')[1:]
    return {part.partition('"')[0]: part for part in parts}


def test_a_board_has_a_lane_for_each_option_and_moves_a_card(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann", tier="basic")
    shop.make("customers", name="Bo", tier="diamond")
    shown = lanes(owner.get(BOARD).text)
    assert list(shown) == ["basic", "diamond"]
    assert "Ann" in shown["basic"]
    assert "Ann" not in shown["diamond"]
    moved = owner.send(
        f"{LIST}/records/{ann.id}/move?as=kanban&by=tier", {"to": "diamond", "version": 1}
    )
    assert moved.status_code == 303
    assert "as=kanban" in moved.location
    assert "Ann" in lanes(owner.get(BOARD).text)["diamond"]
    assert shop.read("customers", ann.id).values["tier"] == "diamond"


def test_those_without_a_choice_have_a_lane_of_their_own(shop: Shop, owner: Visitor) -> None:
    shop.make("customers", name="Ann", tier=None)
    shown = lanes(owner.get(BOARD).text)
    assert list(shown) == ["", "basic", "diamond"]
    assert "Ann" in shown[""]


def test_a_card_that_somebody_changed_meanwhile_stays(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann", tier="basic")
    url = f"{LIST}/records/{ann.id}/move?as=kanban&by=tier"
    owner.send(url, {"to": "diamond", "version": 1})
    refused = owner.send(url, {"to": "basic", "version": 1})
    assert refused.status_code == 422
    assert "Somebody changed this record meanwhile." in refused.text
    assert shop.read("customers", ann.id).values["tier"] == "diamond"


def test_a_move_obeys_the_form_and_the_role(shop: Shop, owner: Visitor) -> None:
    ann = shop.make("customers", name="Ann")
    url = f"{LIST}/records/{ann.id}/move"
    assert owner.send(f"{url}?as=kanban&by=tier", {"to": "gold"}).status_code == 422
    assert owner.send(f"{url}?as=table", {"to": "basic"}).status_code == 422
    assert owner.send(f"{LIST}/records/99999/move?as=kanban", {"to": "basic"}).status_code == 404
    assert shop.read("customers", ann.id).values["tier"] == "basic"


def test_a_lane_shows_its_filter_and_leads_to_the_rest(
    shop: Shop, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.form_builder.web.boards.LANE", 2)
    for name in ("Ann", "Bo", "Cai"):
        shop.make("customers", name=name, tier="basic")
    page = owner.get(BOARD).text
    assert "1 more" in words_of(page)
    assert "Bo" not in owner.get(f"{BOARD}&q=Ann").text.partition('data-lane="basic"')[2]


def test_a_calendar_puts_instants_on_the_day_of_the_shop(shop: Shop, owner: Visitor) -> None:
    who = shop.make("customers", name="Ann")
    late = shop.make("orders", customer=who.id, paid_at="2026-03-31T17:00:00Z", items=[])
    title = late.title
    orders = "/w/shop/forms/orders/records?as=calendar&by=paid_at"
    april = owner.get(f"{orders}&month=2026-04").text
    assert title in april.partition('id="day-2026-04-01"')[2]
    assert 'id="day-2026-03-31"' not in owner.get(f"{orders}&month=2026-03").text
    for strange in ("2026-13", "0000-01", "9999-12", "x"):
        assert owner.get(f"{orders}&month={strange}").status_code == 200


def asked_of(by: FieldDefinition, name: str, found: list[Any]) -> tuple[Any, RecordQuery]:
    seen: list[RecordQuery] = []

    def find(query: RecordQuery) -> RecordPage:
        seen.append(query)
        made = [
            Record("visits", n, 1, {by.key: value}, {}, f"#{n}") for n, value in enumerate(found)
        ]
        return RecordPage(made, None, len(made) + 3)

    now = datetime(2026, 2, 28, 20, tzinfo=UTC)  # the first of March in Shanghai
    return month_of(by, name, RecordQuery(), now, SHANGHAI, find), seen[0]


def test_a_month_asks_for_whole_weeks_by_the_midnights_of_the_shop() -> None:
    month, query = asked_of(FieldDefinition("at", "datetime"), "", [])
    assert month.first == date(2026, 3, 1)
    assert [len(week) for week in month.weeks] == [7] * 6
    assert query.filter == {"all": [
        {"field": "at", "op": "on_or_after", "value": "2026-02-22T16:00:00Z"},
        {"field": "at", "op": "before", "value": "2026-04-05T16:00:00Z"},
    ]}  # fmt: skip
    assert (month.before, month.after, month.left_out) == ("2026-02", "2026-04", 3)


def test_a_month_of_days_has_no_zone() -> None:
    day = date(2026, 1, 31)
    month, query = asked_of(FieldDefinition("on", "date"), "2026-01", [day] * 6)
    assert query.filter is not None
    assert query.filter["all"][0]["value"] == "2025-12-29"
    own = month.own_days
    assert [(each.date, len(each.records), each.more) for each in own] == [(day, 6, 2)]


def test_a_shape_is_kept_as_a_view(shop: Shop, owner: Visitor) -> None:
    shop.make("customers", name="Ann", tier="basic")
    owner.send(f"{LIST}/views", {"label": "Tiers", "as": "kanban", "by": "tier"})
    assert list(lanes(owner.get(f"{LIST}/records?view=tiers").text)) == ["basic", "diamond"]
    assert "data-lane" not in owner.get(f"{LIST}/records?view=tiers&as=table").text


def test_a_form_without_a_fitting_field_stays_a_table(shop: Shop, owner: Visitor) -> None:
    shop.make("products", sku="1", name="Tea")
    page = owner.get("/w/shop/forms/products/records?as=kanban").text
    assert 'class="data-table record-table' in page
    gallery = owner.get("/w/shop/forms/products/records?as=gallery").text
    assert gallery.count('class="gallery-card"') == 1


@pytest.mark.parametrize(
    ("view", "place", "code"),
    [
        ({"type": "kanban"}, "by", "required"),
        ({"type": "kanban", "by": "name"}, "by", "view-field-type"),
        ({"type": "kanban", "by": "nothing"}, "by", "unknown-field"),
        ({"type": "kanban", "by": "created_at"}, "by", "unknown-field"),
        ({"type": "table", "by": "tier"}, "by", "view-field-type"),
        ({"type": "gallery", "cover": "name"}, "cover", "view-field-type"),
    ],
)
def test_a_view_goes_by_a_field_that_suits_it(
    shop: Shop, view: dict[str, str], place: str, code: str
) -> None:
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        raw = store.get_draft(uow, "form", "customers").raw
        store.save_draft(
            uow, system_access("en"), "form", {**raw, "views": [{"key": "v", **view}]}
        )
        with pytest.raises(Invalid) as refused:
            store.publish(uow, system_access("en"), [("form", "customers")])
    found = [(each.path, each.code) for each in refused.value.problems]
    assert (f"form/customers/views/0/{place}", code) in found
