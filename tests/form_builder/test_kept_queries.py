"""Statements that are kept never answer for another moment or another reader."""

from dataclasses import replace
from datetime import timedelta

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record, get_record
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.errors import NotFound
from regulars.platform.expressions.times import LEAP_DAYS
from tests.support.shop_forms import publish_forms

VISITS = {
    "kind": "form",
    "key": "visits",
    "label": "Visits",
    "fields": [
        {"key": "day", "type": "date"},
        {"key": "guests", "type": "number"},
        {"key": "days_ago", "type": "formula", "formula": "DAYS_SINCE(day)", "result": "number"},
        {"key": "double", "type": "formula", "formula": "guests * 2", "result": "number"},
    ],
}


def test_a_formula_with_today_in_it_follows_the_day(
    database: Database, workspace: Workspace
) -> None:
    access = system_access("en")
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [VISITS])
        day = (uow.now - timedelta(days=3)).date()
        made = create_record(
            uow, access, "visits", {"day": day.isoformat(), "guests": "2"}, origin=API
        )
        now, first = uow.now, made["days_ago"]
    with database.workspace_tx(workspace, write=False, now=now + timedelta(days=4)) as uow:
        later = get_record(uow, access, "visits", made.id)
        assert (later["days_ago"] - first, later["double"]) == (4, 4)


def test_what_holds_for_everybody_at_any_moment_is_built_once(
    database: Database, workspace: Workspace
) -> None:
    access = system_access("en")
    timeless = {**VISITS, "fields": [f for f in VISITS["fields"] if f["key"] != "days_ago"]}
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [timeless])
    counts = []
    for guests in ("1", "2"):
        with database.workspace_tx(workspace) as uow:
            made = create_record(uow, access, "visits", {"guests": guests}, origin=API)
            assert made["double"] == int(guests) * 2
            counts.append(len(catalog_of(uow).statements))
    assert counts[0] == counts[1]


def test_29_february_moves_at_once_when_the_shop_says_so(
    database: Database, workspace: Workspace
) -> None:
    formula = "SAME_DAY_OF_YEAR(day, DATE(2023, 3, 1))"
    on_1_march = {"key": "on_1_march", "type": "formula", "formula": formula, "result": "boolean"}
    access, found = system_access("en"), []
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [{**VISITS, "fields": [VISITS["fields"][0], on_1_march]}])
        made = create_record(uow, access, "visits", {"day": "2000-02-29"}, origin=API)
    for leap_day in LEAP_DAYS:
        with database.workspace_tx(replace(workspace, leap_day=leap_day), write=False) as uow:
            found.append(get_record(uow, access, "visits", made.id)["on_1_march"])
    assert found == [False, True]


def test_each_reader_has_their_own_limits(database: Database, workspace: Workspace) -> None:
    clerks = [Access(n, f"Clerk {n}", "clerk", "en", (n,)) for n in (1, 2)]
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [VISITS])
        made = [create_record(uow, each, "visits", {"guests": "1"}, origin=API) for each in clerks]
        assert [each["unit"] for each in made] == [1, 2]
        for reader, own, other in zip(clerks, made, reversed(made), strict=True):
            assert get_record(uow, reader, "visits", own.id).id == own.id
            with pytest.raises(NotFound):
                get_record(uow, reader, "visits", other.id)
