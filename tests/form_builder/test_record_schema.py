"""The published JSON Schema of a record against what the write path takes and answers."""

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker, validators

from regulars.form_builder import record_schema, records
from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.converting import RowDraft, convert_row, missing_required
from regulars.form_builder.definition import SIDE_TYPES, FormDefinition
from regulars.form_builder.field_types.base import Reading, Reference, field_types
from regulars.form_builder.origin import Origin
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Published, Snapshot
from regulars.wiring import wire
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms
from tests.support.site import Site

READING = Reading(ZoneInfo("Asia/Shanghai"), "CNY", datetime(2026, 3, 1, tzinfo=UTC))
OPTIONS = [{"value": "a"}, {"value": "b"}]
LEVELS = [{"value": "a"}, {"value": "a.x"}, {"value": "a.y"}, {"value": "b"}]
COLUMNS: list[dict[str, Any]] = [
    {"key": "label", "type": "text", "max_length": 5},
    {"key": "must", "type": "text", "max_length": 5, "required": True},
    {"key": "count", "type": "number", "min": -3, "max": 12},
    {"key": "price", "type": "money", "decimals": 2, "min": 0, "required": True},
    {"key": "share", "type": "percent", "decimals": 1, "max": 100},
    {"key": "stars", "type": "rating"},
    {"key": "heat", "type": "slider", "min": -4, "max": 8, "step": 2},
    {"key": "took", "type": "duration"},
    {"key": "opens", "type": "time", "min": "08:00", "max": "20:30"},
    {"key": "yes", "type": "boolean"},
    {"key": "day", "type": "date"},
    {"key": "at", "type": "datetime"},
    {"key": "kind", "type": "choice", "options": OPTIONS},
    {"key": "kind_must", "type": "choice", "options": OPTIONS, "required": True},
    {"key": "way", "type": "cascade", "options": LEVELS},
    {"key": "home", "type": "address"},
    {"key": "spot", "type": "location"},
    {"key": "mail", "type": "email"},
    {"key": "phone", "type": "phone"},
    {"key": "site", "type": "url"},
    {"key": "ean", "type": "barcode", "symbology": "ean_13"},
    {"key": "bars", "type": "barcode", "symbology": "code_128"},
    {"key": "product", "type": "link", "to": "products"},
]
WIDE: dict[str, Any] = {
    "kind": "form",
    "key": "wide",
    "label": "Wide",
    "fields": [
        *COLUMNS,
        {"key": "story", "type": "long_text", "max_length": 30},
        {"key": "given", "type": "text", "required": True, "default": "x"},
        {"key": "tags", "type": "tags"},
        {"key": "few", "type": "tags", "options": OPTIONS, "required": True},
        {"key": "several", "type": "choices", "options": OPTIONS, "most": 1},
        {"key": "rich", "type": "rich_text", "max_length": 30},
        {"key": "data", "type": "json", "required": True},
        {"key": "papers", "type": "file", "most": 2},
        {"key": "photo", "type": "image", "most": 1, "required": True},
        {"key": "signed", "type": "signature"},
        {"key": "shop", "type": "unit"},
        {"key": "who", "type": "member", "required": True},
        {"key": "rows", "type": "subform", "min_rows": 1, "max_rows": 3, "fields": COLUMNS},
    ],
}
# what JSON Schema cannot say about a text
BEYOND = frozenset({
    "not-a-phone", "not-a-url", "no-such-region", "not-a-location", "not-on-earth",
    "not-a-datetime", "too-long", "below-min", "above-max", "bad-check-digit",
})  # fmt: skip


def catalog_of_forms(*forms: Mapping[str, Any]) -> FormCatalog:
    wire()
    parsed = [FormDefinition.from_json(form) for form in forms]
    items = {
        ("form", form.key): Published("form", form.key, 1, raw, form)
        for form, raw in zip(parsed, forms, strict=True)
    }
    return catalog_from(Snapshot(1, items))


CATALOG = catalog_of_forms(PRODUCTS, CUSTOMERS, ORDERS, WIDE)


def exact(value: Any) -> Any:
    return json.loads(json.dumps(value, default=float), parse_float=Decimal)


def is_whole(_checker: Any, value: Any) -> bool:
    """The standard counts 1.0 as an integer; the library does so for floats only."""
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


Judge = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_whole),
)


def validator(schema: Mapping[str, Any]) -> Any:
    Draft202012Validator.check_schema(schema)
    return Judge(exact(schema), format_checker=FormatChecker(["date", "email"]))


CREATE = validator(record_schema.create_schema(CATALOG, "wide"))


def closures(raw: Mapping[str, Any]) -> RowDraft:
    form = CATALOG.get_form("wide")
    draft = convert_row(form, raw, READING, index=0, texts=False)
    draft.values.setdefault("given", "x")
    missing_required(form, draft)
    return draft


plain = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text)
)
decimals = st.decimals(-99, 99, places=2).map(lambda d: Decimal(f"{d:f}"))
odd = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), decimals, plain,
    st.lists(plain, max_size=2), st.dictionaries(plain, plain, max_size=2),
)  # fmt: skip
dates = st.dates().map(str)
GOOD: dict[str, Any] = {
    "text": plain,
    "long_text": plain,
    "rich_text": st.one_of(plain, st.just("<h1>a</h1><b>b<script>c"), plain.map("<p>{}".format)),
    "json": st.one_of(st.lists(plain), st.dictionaries(plain, decimals), st.just("[1]")),
    "number": st.one_of(st.integers(-5, 14), st.integers(-5, 14).map(str)),
    "money": st.one_of(decimals, decimals.map(lambda d: f"{d:f}")),
    "percent": st.one_of(st.integers(-5, 140), st.decimals(-5, 140, places=1).map(str)),
    "rating": st.one_of(st.integers(0, 6), st.integers(0, 6).map(str)),
    "slider": st.integers(-6, 10),
    "duration": st.integers(-2, 900),
    "time": st.one_of(st.times().map(lambda t: f"{t:%H:%M}"), st.integers(-9, 1500)),
    "boolean": st.booleans(),
    "date": dates,
    "datetime": st.one_of(
        st.datetimes().map(lambda d: d.isoformat()),
        dates,
        st.just("2026-02-30T10:00:00Z"),
        st.just("2026-02-03T10:00+08:00"),
    ),
    "choice": st.sampled_from(["a", "b", "c"]),
    "cascade": st.sampled_from(["a", "a.x", "a.y", "b", "b.x"]),
    "location": st.one_of(
        st.sampled_from(["30.27, 120.15", "here", "北纬30度 东经120度"]),
        st.fixed_dictionaries(
            {"lat": st.integers(-95, 95)}, optional={"lng": st.decimals(-190, 190, places=2)}
        ),
    ),
    "address": st.one_of(
        st.sampled_from(["浙江省杭州市西湖区文三路 1 号", "1 Main St", "北京朝阳区 100020"]),
        st.fixed_dictionaries(
            {},
            optional={
                "province": st.sampled_from(["浙江省", "上海", "Atlantis", None]),
                "street": plain,
                "postcode": st.sampled_from(["310012", "31", None]),
                "house": st.just("1"),
            },
        ),
    ),
    "email": st.one_of(st.emails(), plain),
    "phone": st.sampled_from(["138 0013 8000", "12", "+447400123456"]),
    "url": st.sampled_from(["https://a.example/b", "ftp://a", "a"]),
    "barcode": st.sampled_from(["6901234567892", "6901234567890", "69", "A-1", "会", "x" * 81]),
    "link": st.one_of(
        st.integers(-1, 3),
        st.builds(lambda n: {"id": n, "title": "x"}, st.integers(-1, 3)),
        st.just({"sku": "A"}),
    ),
    "file": st.lists(st.integers(0, 3), max_size=3),
    "image": st.lists(st.one_of(st.integers(0, 3), st.just({"id": 4})), max_size=2),
    "signature": st.one_of(st.integers(-1, 3), st.builds(lambda n: {"id": n}, st.integers(0, 3))),
    "unit": st.one_of(st.integers(1, 3), st.just({"code": "A"})),
    "member": st.one_of(st.integers(1, 3), st.just({"email": "a@b.example"})),
}


def cell(field: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if field["type"] in SIDE_TYPES:
        words = st.sampled_from(["a", "b", "c"]) if "options" in field else plain
        good = st.lists(words, max_size=3)
    elif field["type"] == "subform":
        good = st.lists(row(field["fields"]), max_size=4)
    else:
        good = GOOD[field["type"]]
    weighted: st.SearchStrategy[Any] = st.integers(0, 9).flatmap(
        lambda dice: odd if dice == 0 else st.none() if dice == 1 else good
    )
    return weighted


def row(fields: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    wanted = {f["key"]: cell(f) for f in fields if f.get("required")}
    others = {f["key"]: cell(f) for f in fields if not f.get("required")}
    return st.fixed_dictionaries(wanted, optional={**others, "nowhere": st.integers()})


def holds_text(value: Any) -> bool:
    """Whether a text stands where a field may read it loosely."""
    if isinstance(value, Mapping):
        return any(holds_text(each) for each in value.values())
    if isinstance(value, list):
        return any(holds_text(each) for each in value)
    return isinstance(value, str)


def canonical(draft: RowDraft, form: FormDefinition) -> dict[str, Any]:
    """What was understood, written the way the API answers."""
    out: dict[str, Any] = {}
    for key, value in draft.values.items():
        field = form.by_key[key]
        if isinstance(value, Reference):
            out[key] = {value.field: value.value}
        else:
            out[key] = field_types.get(field.type).to_json(field, value)
    for key, children in draft.rows.items():
        out[key] = [canonical(child, CATALOG.get_form(f"wide.{key}")) for child in children]
    return out


@given(row([f for f in WIDE["fields"] if f["key"] != "given"]))
@settings(max_examples=250, deadline=None)
def test_the_schema_and_the_write_path_judge_alike(raw: dict[str, Any]) -> None:
    draft = closures(raw)
    codes = {problem.code for problem in draft.problems}
    fits = CREATE.is_valid(raw)
    if fits:  # the schema never promises what is refused, but for what it has no words for
        assert codes <= BEYOND, draft.problems
    if not draft.problems:
        again = canonical(draft, CATALOG.get_form("wide"))
        assert CREATE.is_valid(exact(again)), list(CREATE.iter_errors(exact(again)))
        assert canonical(closures(again), CATALOG.get_form("wide")) == again
    if not holds_text(raw):
        assert fits == (not codes), (draft.problems, list(CREATE.iter_errors(raw)))


@given(st.sampled_from(WIDE["fields"][:-1]).flatmap(lambda f: st.tuples(st.just(f), odd)))
@settings(max_examples=500, deadline=None)
def test_one_value_of_any_kind_is_judged_alike(pair: tuple[dict[str, Any], Any]) -> None:
    field, value = pair
    wide = CATALOG.get_form("wide")
    one = validator(record_schema.input_value(CATALOG, wide, wide.by_key[field["key"]]))
    draft = convert_row(wide, {field["key"]: value}, READING, index=0, texts=False)
    codes = {p.code for p in draft.problems}
    if field.get("required") and draft.values.get(field["key"], 0) in (None, frozenset()):
        codes.add("required")
    if one.is_valid(value):
        assert codes <= BEYOND
    elif not holds_text(value) and not isinstance(value, dict):
        assert codes


@given(
    st.lists(st.fixed_dictionaries({}, optional={"must": plain, "price": decimals}), max_size=5)
)
@settings(max_examples=80, deadline=None)
def test_rows_are_counted_and_judged_alike(rows: list[dict[str, Any]]) -> None:
    wide = CATALOG.get_form("wide")
    columns = [{**c, "required": c["key"] == "must"} for c in COLUMNS if c["key"] != "kind_must"]
    fields = [{"key": "rows", "type": "subform", "min_rows": 1, "max_rows": 3, "fields": columns}]
    catalog = catalog_of_forms(PRODUCTS, {**WIDE, "fields": fields})
    narrow = catalog.get_form("wide")
    draft = convert_row(narrow, {"rows": rows}, READING, index=0, texts=False)
    missing_required(narrow, draft)
    schema = validator(record_schema.create_schema(catalog, "wide"))
    assert narrow is not wide
    assert schema.is_valid({"rows": rows}) == (not draft.problems)


def test_what_the_api_answers_is_what_the_schema_says(uow: UnitOfWork) -> None:
    publish_forms(uow, (PRODUCTS, CUSTOMERS, ORDERS))
    access, page = system_access("en"), Origin("page")
    tea = records.create_record(uow, access, "products", {"sku": "T1", "name": "茶"}, origin=page)
    who = records.create_record(
        uow, access, "customers", {"name": "王芳", "birthday": "1990-02-28", "tags": ["vip"]},
        origin=page,
    )  # fmt: skip
    bought = records.create_record(
        uow, access, "orders",
        {"customer": who.id, "items": [{"product": tea.id, "quantity": 2, "price": "1.2500"}]},
        origin=page,
    )  # fmt: skip
    catalog = records.catalog_of(uow)
    for made in (tea, who, bought):
        record = records.get_record(uow, access, made.form, made.id)
        schema = validator(record_schema.record_schema(catalog, made.form))
        assert [e.message for e in schema.iter_errors(records.to_json(catalog, record))] == []


def test_the_schema_names_fields_in_the_readers_language_and_hides_what_nobody_writes() -> None:
    schema = record_schema.create_schema(CATALOG, "customers", "zh-Hans")
    assert schema["required"] == ["name"]
    assert schema["properties"]["name"]["title"] == "姓名"
    assert "total_spend" not in schema["properties"]
    assert "required" not in record_schema.update_schema(CATALOG, "customers")
    read = record_schema.record_schema(CATALOG, "customers")
    assert read["properties"]["total_spend"]["readOnly"] is True
    assert "orders" not in read["properties"]


def test_the_api_offers_the_schemas_of_a_form(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    client = site.app.test_client()
    answer = client.get("/api/v1/forms/orders/schema", headers=site.token())
    assert answer.status_code == 200
    assert answer.json is not None
    assert set(answer.json) == {"create", "update", "record"}
    assert answer.json["create"]["required"] == ["customer"]
    assert client.get("/api/v1/forms/nope/schema", headers=site.token()).status_code == 404
