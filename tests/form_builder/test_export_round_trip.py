"""Whatever stands in a form goes out as a file and comes into an empty twin as it was."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.exporting import export_records
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.all_of_them import FIELD_TYPES
from regulars.form_builder.importing.batches import refused_lines
from regulars.form_builder.importing.suggesting import suggest_map
from regulars.form_builder.origin import API
from regulars.form_builder.querying import RecordQuery, complete
from regulars.form_builder.records import create_record, find_records, write_batch
from regulars.platform.accounts import members, units
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues
from regulars.platform.db import UnitOfWork
from tests.form_builder.test_every_type import GIVEN, IN_ROWS, OTHERWISE, POINTING, field
from tests.support.import_forms import bring_in, store_text
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

OWNER = system_access("en")
AWKWARD = (
    "=1+1", "+8613800138000", "-2", "@SUM(A1)", "'quoted", "''=x", "'=x", "＝1", "－2", "#N/A",
    "#12", "1e5", "001", "true", "NULL", "2024-03-05", "5/3/24", "20%", "[1, 2]", '["a"]', "a;b",
    "a,b", "甲，乙、丙", '"q"', "0", "12.50", "1,234.50", "￥5", "-", "=", "'", "😀 王", "a | b",
    "nan", "a\u00a0b", "中文　空格", "１２", "\\", "{a}", "<b>", "&amp;", "a'b", "9" * 40,
)  # fmt: skip
OPTIONS = {"options": [
    {"value": "a", "label": "Same"}, {"value": "b", "label": "Same"}, {"value": "c", "label": "a"},
    {"value": "d", "label": "=x; y"}, {"value": "e", "label": "#N/A"},
]}  # fmt: skip
SETTINGS = {name: dict(settings) for name, (settings, _value) in GIVEN.items()} | {
    "choice": OPTIONS, "choices": OPTIONS, "number": {"decimals": 6}, "money": {"currency": "KWD"},
    "percent": {"decimals": 2},
    "cascade": {"options": [{"value": "a"}, {"value": "a.b", "label": "="}, {"value": "c"}]},
}  # fmt: skip
PEERS = {"kind": "form", "key": "peers", "label": "Peers", "title": "{name}",
         "fields": [{"key": "name", "type": "text", "unique": True, "case": "exact"}]}  # fmt: skip
TO = {"link": {"to": "peers"}, "links": {"to": "peers"}}
SAYINGS = [word for word in AWKWARD if word.strip("'")]


def twin(key: str) -> dict[str, Any]:
    """A form with every type that takes a value, and rows with every type that they take."""
    return {
        "kind": "form", "key": key, "label": key,
        "fields": [
            {"key": "no", "type": "text", "unique": True, "case": "exact"},
            *(field(name, settings) for name, settings in SETTINGS.items()),
            *(field(name, TO.get(name, settings)) for name, settings in POINTING.items()),
            {"key": "lines", "type": "subform", "label": "Lines",
             "fields": [field(name, SETTINGS[name]) for name in IN_ROWS]},
        ],
    }  # fmt: skip


Make = Callable[[random.Random], Any]
MADE: dict[str, Make] = {
    "text": lambda r: r.choice(SAYINGS), "long_text": lambda r: f"{r.choice(SAYINGS)}\n\n=2",
    "rich_text": lambda r: f"<p>{r.randint(1, 9)} <strong>&lt;b&gt;</strong></p>",
    "number": lambda r: f"{r.randint(-(10**9), 10**9)}.{r.randint(0, 10**6 - 1):06}",
    "money": lambda r: f"{r.randint(-(10**6), 10**6)}.{r.randint(0, 999):03}",
    "percent": lambda r: f"{r.randint(0, 99)}.{r.randint(0, 99):02}",
    "rating": lambda r: str(r.randint(1, 5)), "slider": lambda r: str(r.randint(0, 100)),
    "duration": lambda r: str(r.randint(0, 5000)),
    "time": lambda r: f"{r.randint(0, 23):02}:{r.randint(0, 59):02}",
    "boolean": lambda r: r.choice([True, False]),
    "date": lambda r: f"{r.randint(1850, 2100)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
    "datetime": lambda r: f"{r.randint(1980, 2040)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}T"
    f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}"
    + r.choice(["Z", ".5Z", ".123456Z"]),
    "choice": lambda r: r.choice("abcde"), "choices": lambda r: r.sample("abcde", r.randint(1, 4)),
    "tags": lambda r: r.sample([w for w in SAYINGS if len(w) < 30], 3),
    "cascade": lambda r: r.choice(["a.b", "c"]),
    "email": lambda r: f"x+{r.randint(1, 99)}@x.example",
    "phone": lambda r: f"+86138{r.randint(0, 10**8 - 1):08}",
    "url": lambda r: f"https://x.example/?q={r.randint(1, 9)}#=1",
    "barcode": lambda r: r.choice(["6901234567892", "00012345", "=A-1"]),
    "address": lambda r: r.choice([GIVEN["address"][1], {"street": r.choice(SAYINGS)}]),
    "json": lambda r: r.choice([GIVEN["json"][1], [1.5, "=x"], ["#N/A"], {"n": {"m": [None]}}]),
    "location": lambda r: {"lat": f"{r.randint(-89, 89)}.5", "lng": f"{r.randint(-179, 179)}.25"},
}  # fmt: skip


def test_every_type_that_takes_a_value_is_made_here() -> None:
    assert {each.name for each in FIELD_TYPES} == {*MADE, *POINTING, *OTHERWISE}


@pytest.fixture
def pointed(site: Site) -> dict[str, list[Any]]:
    """What the records may point to: peers with awkward names, stores, people."""
    anna = site.person("Anna")
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [PEERS, twin("first"), twin("second")])
        peers = [
            create_record(uow, OWNER, "peers", {"name": name}, origin=API).id for name in SAYINGS
        ]
        store = units.create_unit(uow, OWNER, UnitValues("E", "=East")).id
        member = members.find_member_of(uow, anna.id)
        assert member is not None
        return {"link": peers, "links": peers, "unit": [store], "member": [member.id],
                "members": [member.id]}  # fmt: skip


def record(no: int, pointed: dict[str, list[Any]], chance: random.Random) -> dict[str, Any]:
    """A record in which most fields hold something."""
    values: dict[str, Any] = {"no": f"={no}"}
    for name, make in MADE.items():
        if chance.random() < 0.85:
            values[f"f_{name}"] = make(chance)
    for name, known in pointed.items():
        some = chance.sample(known, min(3, len(known)))
        values[f"f_{name}"] = some if name in ("links", "members") else some[0]
    values["lines"] = [
        {f"f_{name}": MADE[name](chance) for name in IN_ROWS} for _n in range(chance.randint(0, 3))
    ]
    return values


def stored(uow: UnitOfWork, form: str) -> list[dict[str, Any]]:
    """Every value as it is kept, with no number that a record or row has of its own."""
    found = find_records(uow, OWNER, form, RecordQuery(sort=("id",), limit=100))
    catalog = catalog_for(uow, OWNER)
    complete(uow, OWNER, catalog, catalog.get_form(form), found.records, rows=True)
    own = {"no", "lines", *(f"f_{name}" for name in (*MADE, *POINTING))}
    return [
        {
            key: [{k: v for k, v in row.items() if k.startswith(("f_", "to"))} for row in value]
            if isinstance(value, list)
            else value
            for key, value in each.values.items()
            if key in own
        }
        for each in found.records
    ]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_an_export_fills_an_empty_twin_with_the_same_values(
    site: Site, pointed: dict[str, list[Any]], tmp_path: Path, suffix: str
) -> None:
    chance, path = random.Random(suffix), tmp_path / f"out{suffix}"
    with site.database.workspace_tx(site.workspace) as uow:
        rows = [record(no, pointed, chance) for no in range(60)]
        made = write_batch(uow, OWNER, "first", rows, origin=API)
        assert {each.status for each in made.results} == {"created"}, [
            each.problems for each in made.results if each.problems
        ][:3]
    with site.database.workspace_tx(site.workspace) as uow:
        assert export_records(uow, OWNER, "first", path) == 60
        file = store_text(uow, path.read_bytes(), path.name)
        catalog, guesses = catalog_of(uow), {str(each["column"]): each for each in file.guesses}
        wanted = suggest_map(catalog.get_form("second"), catalog.forms, file.columns, guesses)
    done = bring_in(site.database, site.workspace, path.read_bytes(), wanted, name=path.name)
    assert done.result is not None, done.error
    with site.database.workspace_tx(site.workspace) as uow:
        assert not done.result["refused_lines"], problems_in_words(uow, done.id)
        before, after = stored(uow, "first"), stored(uow, "second")
    for was, now in zip(before, after, strict=True):
        for key, value in was.items():
            assert now[key] == value, (key, was["no"])


def problems_in_words(uow: UnitOfWork, batch: int) -> list[Any]:
    return [
        (line, [(each.path, each.message("en")) for each in told])
        for line, _form, told in refused_lines(uow, OWNER, batch)
    ][:5]
