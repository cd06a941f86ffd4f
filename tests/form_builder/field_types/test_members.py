"""Several people of the team: named by id or e-mail, asked for, kept in order, shown by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder import record_schema
from regulars.form_builder.catalog import catalog_of
from regulars.platform.errors import Invalid
from tests.support.one_field import (
    make,
    names_where,
    problems_of_lines,
    publish_things,
    there_and_back,
    value_of,
)
from tests.support.site import Site, words_of

FIELD: dict[str, Any] = {"type": "members", "label": {"en": "Served by", "zh-Hans": "接待"}}


@pytest.fixture
def team(site: Site) -> Site:
    site.signed_in()
    site.person("Bob", "clerk")
    with site.database.workspace_tx(site.workspace) as uow:
        publish_things(uow, **FIELD)
    return site


def ids_of(team: Site) -> tuple[int, int]:
    return team.people["Alice"].id, team.people["Bob"].id


def test_they_are_written_by_id_or_email_and_keep_their_order(team: Site) -> None:
    alice, bob = ids_of(team)
    with team.database.workspace_tx(team.workspace) as uow:
        record = make(uow, "a", [{"email": "bob@shop.example"}, alice, bob])
        assert value_of(uow, record) == [
            {"id": bob, "title": "Bob"},
            {"id": alice, "title": "Alice"},
        ]
        make(uow, "b", [alice])
        make(uow, "c", None)
        for op, value, names in (
            ("has", bob, ["a"]),
            ("has_any", [bob, alice], ["a", "b"]),
            ("has_all", [bob, alice], ["a"]),
            ("has_none", [bob], ["b", "c"]),
        ):
            assert names_where(uow, {"field": "f", "op": op, "value": value}) == names, op
        assert names_where(uow, {"field": "f", "op": "is_empty"}) == ["c"]
        assert names_where(uow, {"formula": "COUNT(f) = 2"}) == ["a"]
        with pytest.raises(Invalid) as refused:
            make(uow, "x", [alice, 999])
        assert [each.path for each in refused.value.problems] == ["f/1"]
        catalog = catalog_of(uow)
        form = catalog.get_form("things")
        taken = json.dumps(record_schema.input_value(catalog, form, form.by_key["f"]))
        assert "email" in taken


def test_they_travel_through_a_spreadsheet(team: Site, tmp_path: Path) -> None:
    alice, bob = ids_of(team)
    with team.database.workspace_tx(team.workspace) as uow:
        make(uow, "a", [bob, alice])
        make(uow, "b", [alice])
        make(uow, "c", [])
    before, after, file = there_and_back(team.database, team.workspace, tmp_path, ".csv")
    assert after == before
    assert "bob@shop.example; alice@shop.example" in file.decode()
    lines = ["alice@shop.example、bob@shop.example", "nobody@shop.example"]
    problems = problems_of_lines(team.database, team.workspace, lines)
    assert list(problems) == [3], problems


def test_the_pages_of_several_members(team: Site) -> None:
    alice, bob = ids_of(team)
    base, owner = f"{team.home}/forms/things", team.signed_in()
    page = owner.get(f"{base}/records/new?f={bob}").text
    assert f'name="f/0/record" value="{bob}" checked' in page, "a small team is ticked"
    posted = {
        "name": "Ann", "f~here": "1", "f/0/record": str(bob), f"f/m{alice}/record": str(alice),
    }  # fmt: skip
    made = owner.send(f"{base}/records/new", posted)
    assert made.status_code == 303, words_of(made.text)
    record = made.headers["Location"]
    shown = words_of(owner.get(record).text)
    assert {"Alice", "Bob"} <= set(shown)
    listed = owner.get(f"{base}/records?f=f&op=has&v={bob}", follow_redirects=True).text
    assert "Served by has Bob" in words_of(listed)
    edit = owner.get(f"{record}/edit").text
    assert edit.index(f'value="{bob}" checked') < edit.index(f'value="{alice}" checked')
    owner.send(f"{record}/edit", {"f~here": "1", "f/0/record": str(alice)})
    past = " ".join(words_of(owner.get(f"{record}?tab=history").text))
    assert "Bob" in past
    assert "Served by" in words_of(owner.get(f"{base}/design?field=f").text)
