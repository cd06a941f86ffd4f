"""A file comes in: what becomes of its lines, on both databases."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.converting import RowDraft
from regulars.form_builder.history import history
from regulars.form_builder.importing import batches, limits, loading
from regulars.form_builder.importing.tables import import_part
from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, Workspace
from regulars.platform.errors import Conflict, Forbidden, Invalid
from regulars.platform.events import event
from tests.support.import_forms import (
    OWNER,
    all_records,
    bring_in,
    check_first,
    counts,
    everything,
    finish,
    prepare_import,
    problems_of,
)

PEOPLE_MAP: dict[str, Any] = {
    "targets": [
        {
            "form": "customers",
            "key": "code",
            "fields": {
                "code": {"column": "No"},
                "name": {"column": "姓名"},
                "mobile": {"column": "手机"},
                "email": {"column": "邮箱"},
                "birthday": {"column": "生日"},
                "tier": {"column": "等级"},
                "tags": {"column": "标签"},
                "vip": {"column": "VIP"},
                "points": {"column": "积分"},
                "joined_at": {"column": "入会时间"},
                "note": {"column": "备注"},
            },
        }
    ]
}
PEOPLE_CSV = (
    "No,姓名,手机,邮箱,生日,等级,标签,VIP,积分,入会时间,备注\n"
    'A1,王芳,138 0013 8000,Fang@Example.com,1990年5月1日,金卡,"爱喝茶、老顾客",是,'
    '"1,200",2011/12/9 12:50,'
    '"第一行\n第二行, 说""好"""\n'
    'A2,O\'Neil "Bo",13900139000,,1985-02-28,gold,,否,0,2011年12月9日下午3点20分,\n'
)
ORDERS_MAP: dict[str, Any] = {
    "targets": [
        {
            "form": "orders",
            "where": {"column": "Qty", "op": "gt", "value": 0},
            "group_by": "Invoice",
            "key": "order_no",
            "fields": {
                "order_no": {"column": "Invoice"},
                "customer": {"column": "Customer", "by": "code"},
                "paid_at": {"column": "Date", "parse": "dmy", "zone": "Europe/London"},
            },
            "rows": {
                "field": "items",
                "fields": {
                    "product": {"column": "Sku", "create": True},
                    "quantity": {"column": "Qty"},
                    "unit_price": {"column": "Price"},
                },
            },
        },
        {
            "form": "customers",
            "where": {"column": "Customer", "op": "is_not_empty"},
            "key": "code",
            "fields": {"code": {"column": "Customer"}, "name": {"column": "Customer"}},
        },
    ]
}
ORDERS_CSV = """Invoice,Sku,Qty,Price,Date,Customer
1,a,2,1.5,1/7/2011 12:00,C1
2,A,1,0.1234,2/1/2011 12:00,C2
1,a,2,1.5,1/7/2011 12:01,C1
1,b,1,10,,
3,a,-1,1.5,3/1/2011 12:00,C2
"""


def test_every_kind_of_field_is_read(database: Database, shop: Workspace) -> None:
    batch = bring_in(database, shop, PEOPLE_CSV, PEOPLE_MAP)
    assert batch.state == "done"
    assert counts(batch, "customers") == {"created": 2}
    with database.workspace_tx(shop) as uow:
        fang, bo = all_records(uow, "customers")
    assert fang["name"] == "王芳"
    assert fang["mobile"] == "+8613800138000"
    assert fang["email"] == "Fang@example.com"
    assert fang["birthday"] == date(1990, 5, 1)
    assert fang["tier"] == "gold"
    assert fang["tags"] == frozenset({"爱喝茶", "老顾客"})
    assert fang["vip"] is True
    assert fang["points"] == Decimal(1200)
    assert fang["joined_at"] == datetime(2011, 12, 9, 4, 50, tzinfo=UTC)
    assert fang["note"] == '第一行\n第二行, 说"好"'
    assert bo["name"] == 'O\'Neil "Bo"'
    assert bo["joined_at"] == datetime(2011, 12, 9, 7, 20, tzinfo=UTC)
    assert bo["email"] is None


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig", "utf-16"])
def test_any_encoding_gives_the_same_records(
    database: Database, shop: Workspace, encoding: str
) -> None:
    bring_in(database, shop, PEOPLE_CSV.encode(encoding), PEOPLE_MAP)
    with database.workspace_tx(shop) as uow:
        assert [each["name"] for each in all_records(uow, "customers")] == ["王芳", 'O\'Neil "Bo"']


def test_lines_of_one_order_come_together_wherever_they_stand(
    database: Database, shop: Workspace
) -> None:
    batch = bring_in(database, shop, ORDERS_CSV, ORDERS_MAP)
    assert counts(batch, "orders") == {"created": 2}
    assert counts(batch, "customers") == {"created": 2}
    assert batch.result is not None
    assert [each["form"] for each in batch.result["targets"] if each["stub"]] == ["products"]
    with database.workspace_tx(shop) as uow:
        first, second = all_records(uow, "orders")
        people = {each["code"]: each for each in all_records(uow, "customers")}
        skus = {each.id: each["sku"] for each in all_records(uow, "products")}
    rows = [(skus[row["product"]], row["quantity"], row["unit_price"]) for row in first["items"]]
    assert rows == [
        ("a", 2, Decimal("1.5")), ("a", 2, Decimal("1.5")), ("b", 1, Decimal(10)),
    ]  # fmt: skip
    assert first["amount"] == Decimal("16.00")
    assert first["paid_at"] == datetime(2011, 7, 1, 11, tzinfo=UTC)
    assert second["items"][0]["unit_price"] == Decimal("0.1234")
    assert sorted(skus.values()) == ["A", "a", "b"]
    assert people["C1"]["total_spend"] == Decimal("16.00")
    assert people["C2"]["order_count"] == 1


def test_the_same_file_twice_doubles_nothing(database: Database, shop: Workspace) -> None:
    bring_in(database, shop, ORDERS_CSV, ORDERS_MAP)
    with database.workspace_tx(shop) as uow:
        before = everything(uow)
    batch = bring_in(database, shop, ORDERS_CSV, ORDERS_MAP)
    assert counts(batch, "orders") == {"unchanged": 2}
    assert counts(batch, "customers") == {"unchanged": 2}
    with database.workspace_tx(shop) as uow:
        assert everything(uow) == before


def test_a_later_file_changes_what_it_names_and_leaves_the_rest(
    database: Database, shop: Workspace
) -> None:
    bring_in(database, shop, PEOPLE_CSV, PEOPLE_MAP)
    later = "No,姓名,积分,邮箱\nA1,王小芳,,\nA3,李雷,5,\n"
    fields = ("code", "name", "points", "email")
    raw_map = json.loads(json.dumps(PEOPLE_MAP))
    target = raw_map["targets"][0]
    target["fields"] = {key: target["fields"][key] for key in fields}
    batch = bring_in(database, shop, later, raw_map)
    assert counts(batch, "customers") == {"created": 1, "updated": 1}
    with database.workspace_tx(shop) as uow:
        fang = all_records(uow, "customers")[0]
    assert (fang["name"], fang["points"], fang["email"]) == ("王小芳", 1200, "Fang@example.com")
    batch = bring_in(database, shop, later, {**raw_map, "empty_cells": "clear"})
    assert counts(batch, "customers") == {"updated": 1, "unchanged": 1}
    with database.workspace_tx(shop) as uow:
        fang = all_records(uow, "customers")[0]
    assert (fang["points"], fang["email"], fang["tier"]) == (None, None, "gold")


def test_broken_lines_are_refused_with_a_reason_and_the_rest_goes_on(
    database: Database, shop: Workspace
) -> None:
    lines = ["No,姓名,手机,积分"]
    lines += [f"N{n},客人{n},13{n:09d},{n}" for n in range(1, 401)]
    lines[20] = "N20,客人20,not a phone,20"
    lines[100] = "N100,客人100,13000000100,minus five"
    lines[300] = "N300,,13000000300,-5"
    lines[350] = "N350,客人350"
    raw_map = {
        "targets": [
            {
                "form": "customers",
                "key": "code",
                "fields": {
                    "code": {"column": "No"},
                    "name": {"column": "姓名"},
                    "mobile": {"column": "手机"},
                    "points": {"column": "积分"},
                },
            }
        ]
    }
    batch = bring_in(database, shop, "\n".join(lines), raw_map)
    assert batch.state == "done"
    assert counts(batch, "customers") == {"created": 396, "refused": 3}
    assert batch.result is not None
    assert batch.result["refused_lines"] == 4
    with database.workspace_tx(shop) as uow:
        assert problems_of(uow, batch) == {
            21: ["not-a-phone"],
            101: ["not-a-number"],
            301: ["below-min"],
            351: ["too-few-cells"],
        }


def test_an_order_with_one_broken_line_is_left_out_whole(
    database: Database, shop: Workspace
) -> None:
    broken = ORDERS_CSV.replace("1,b,1,10,,", "1,b,one,10,,")
    wanted = json.loads(json.dumps(ORDERS_MAP))
    wanted["targets"][0]["where"] = {"column": "Qty", "op": "is_not", "value": "-1"}
    batch = bring_in(database, shop, broken, wanted)
    assert counts(batch, "orders") == {"created": 1, "refused": 1}
    with database.workspace_tx(shop) as uow:
        assert [each["order_no"] for each in all_records(uow, "orders")] == ["2"]
        assert problems_of(uow, batch) == {
            2: ["refused-with-its-record"], 4: ["refused-with-its-record"], 5: ["not-a-number"],
        }  # fmt: skip


def test_a_line_cut_short_takes_its_order_with_it(database: Database, shop: Workspace) -> None:
    batch = bring_in(database, shop, ORDERS_CSV.replace("1,b,1,10,,", "1,b,1"), ORDERS_MAP)
    with database.workspace_tx(shop) as uow:
        assert [each["order_no"] for each in all_records(uow, "orders")] == ["2"]
        codes = problems_of(uow, batch)
    assert codes[5] == ["too-few-cells", "broken-with-its-line"]
    assert codes[2] == codes[4] == ["refused-with-its-record"]


def test_sound_lines_of_a_record_with_a_refused_one_come_along_in_the_list(
    database: Database, shop: Workspace
) -> None:
    """A refused customer's line is a line of an order too: bringing it in alone would cut that."""
    wanted = json.loads(json.dumps(ORDERS_MAP))
    wanted["targets"][1]["fields"]["points"] = {"column": "Points"}
    wanted["targets"][0]["fields"]["customer"] = {
        "column": "Customer",
        "by": "code",
        "create": False,
    }
    lines = ORDERS_CSV.splitlines()
    lines = [lines[0] + ",Points"] + [line + "," for line in lines[1:]]
    lines[2] = lines[2] + "-3"
    bring_in(database, shop, "Customer\nC1\nC2\n", {
        "targets": [{"form": "customers", "key": "code", "fields": {
            "code": {"column": "Customer"}, "name": {"column": "Customer"}}}],
    })  # fmt: skip
    lines.insert(4, "2,b,1,1,2/1/2011 12:00,C2,")
    batch = bring_in(database, shop, "\n".join(lines), wanted)
    with database.workspace_tx(shop) as uow:
        codes = problems_of(uow, batch)
    assert codes == {3: ["below-min"], 5: ["import-comes-along"]}
    assert batch.result is not None
    assert batch.result["companion_lines"] == 1


def test_a_missing_customer_is_named_unless_it_may_be_made(
    database: Database, shop: Workspace
) -> None:
    wanted = {"targets": [ORDERS_MAP["targets"][0]]}
    batch = bring_in(database, shop, ORDERS_CSV, wanted)
    assert counts(batch, "orders") == {"refused": 2}
    with database.workspace_tx(shop) as uow:
        codes = problems_of(uow, batch)
    assert codes[2] == ["link-not-found"]


def test_importing_starts_nothing_unless_asked_to(database: Database, shop: Workspace) -> None:
    bring_in(database, shop, "No,姓名\nA1,王芳\n", _names())
    with database.workspace_tx(shop) as uow:
        waiting = sa.select(sa.func.count()).where(event.c.processed_at.is_(None))
        assert uow.scalar(waiting) == 0
        written = uow.execute(sa.select(history.c.action, history.c.origin, history.c.batch)).all()
    assert [tuple(row) for row in written] == [("created", "import", 1)]
    bring_in(database, shop, "No,姓名\nA2,李雷\n", {**_names(), "automation": "live"})
    with database.workspace_tx(shop) as uow:
        kinds = uow.execute(sa.select(event.c.kind).where(event.c.processed_at.is_(None)))
        assert kinds.scalars().all() == ["record_created"]


def test_insert_refuses_what_is_there_and_update_what_is_not(
    database: Database, shop: Workspace
) -> None:
    text = "No,姓名\nA1,王芳\nA2,李雷\n"
    bring_in(database, shop, text, _names())
    batch = bring_in(database, shop, text + "A3,韩梅梅\n", _names(mode="insert"))
    assert counts(batch, "customers") == {"refused": 2, "created": 1}
    batch = bring_in(database, shop, "No,姓名\nA1,王小芳\nA9,谁\n", _names(mode="update"))
    assert counts(batch, "customers") == {"updated": 1, "refused": 1}
    with database.workspace_tx(shop) as uow:
        assert problems_of(uow, batch) == {3: ["no-such-record"]}


def test_without_a_key_every_line_is_a_record_also_exact_doubles(
    database: Database, shop: Workspace
) -> None:
    wanted = {"targets": [{"form": "customers", "fields": {"name": {"column": "n"}}}]}
    batch = bring_in(database, shop, "n,x\nAnn,1\nAnn,1\n", wanted)
    assert counts(batch, "customers") == {"created": 2}


def test_lines_alike_in_key_but_for_case_are_one_record_when_case_does_not_count(
    database: Database, shop: Workspace
) -> None:
    wanted = {
        "targets": [
            {
                "form": "customers",
                "key": "mobile",
                "fields": {"mobile": {"column": "m"}, "name": {"column": "n"}},
            }
        ]
    }
    batch = bring_in(database, shop, "m,n\n13800138000,Ann\n+86 138 0013 8000,Anna\n", wanted)
    assert counts(batch, "customers") == {"created": 1}
    with database.workspace_tx(shop) as uow:
        assert all_records(uow, "customers")[0]["name"] == "Anna"


def test_a_key_that_is_empty_or_stands_for_two_groups_is_refused(
    database: Database, shop: Workspace
) -> None:
    wanted = json.loads(json.dumps(ORDERS_MAP))
    wanted["targets"][0]["group_by"] = ["Invoice", "Date"]
    wanted["targets"][0]["where"] = {"column": "Sku", "op": "is_not_empty"}
    text = ORDERS_CSV.replace("3,a,-1", ",a,1").replace("12:00,C2\n", "12:00,C2\n", 1)
    batch = bring_in(database, shop, text, {"targets": [*wanted["targets"]]})
    with database.workspace_tx(shop) as uow:
        codes = problems_of(uow, batch)
    assert codes[4] == ["key-in-two-groups"]
    assert codes[6] == ["import-key-empty"]


def test_a_dry_run_tells_the_same_and_leaves_nothing(database: Database, shop: Workspace) -> None:
    bring_in(database, shop, PEOPLE_CSV, PEOPLE_MAP)
    with database.workspace_tx(shop) as uow:
        before = everything(uow)
        histories = uow.scalar(sa.select(sa.func.count()).select_from(history))
    broken = ORDERS_CSV + "4,z,x,1,1/1/2011,C1\n"
    wanted = json.loads(json.dumps(ORDERS_MAP))
    wanted["targets"][0]["where"] = {"column": "Qty", "op": "is_not", "value": "-1"}
    draft = prepare_import(database, shop, broken, wanted)
    checked = check_first(database, shop, draft)
    assert checked.state == "draft"
    assert checked.check is not None
    with database.workspace_tx(shop) as uow:
        assert everything(uow) == before
        assert uow.scalar(sa.select(sa.func.count()).select_from(history)) == histories
        assert uow.scalar(sa.select(sa.func.count()).where(event.c.processed_at.is_(None))) == 0
        assert problems_of(uow, checked) == {}
    with database.workspace_tx(shop) as uow:
        batches.start_batch(uow, OWNER, draft.id)
    done = finish(database, shop, draft.id)
    assert done.result is not None
    for key in ("targets", "lines", "refused_lines", "broken_lines", "companion_lines"):
        assert checked.check[key] == done.result[key], key
    assert [each["line"] for each in checked.check["problems"]] == [7]


def test_a_map_with_mistakes_tells_all_of_them_at_once(
    database: Database, shop: Workspace
) -> None:
    wrong = {
        "targets": [
            {
                "form": "orders",
                "key": "paid_at",
                "group_by": "Nope",
                "where": {"column": "Nix", "op": "gt", "value": "many"},
                "fields": {
                    "amount": {"column": "a"},
                    "paid_at": {"column": "b", "parse": "sideways", "zone": "Mars/Base"},
                    "customer": {"column": "a"},
                    "colour": {"column": "a"},
                },
                "rows": {"field": "paid_at", "fields": {"x": {"column": "a"}}},
            },
            {"form": "nothing", "fields": {"a": {"column": "a"}}},
        ]
    }
    with pytest.raises(Invalid) as caught:
        prepare_import(database, shop, "a\n1\n", wrong)
    found = {(problem.path, problem.code) for problem in caught.value.problems}
    assert {
        ("targets/0/where/column", "column-not-in-file"),
        ("targets/0/where/value", "not-a-number"),
        ("targets/0/group_by", "column-not-in-file"),
        ("targets/0/key", "key-not-unique"),
        ("targets/0/fields/amount", "field-not-importable"),
        ("targets/0/fields/colour", "unknown-field"),
        ("targets/0/fields/paid_at/column", "column-not-in-file"),
        ("targets/0/fields/paid_at/parse", "unknown-way"),
        ("targets/0/fields/paid_at/zone", "unknown-zone"),
        ("targets/0/fields/customer/by", "link-key-needed"),
        ("targets/0/rows/field", "not-a-subform"),
        ("targets/1/form", "unpublished-form"),
    } <= found
    for problem in caught.value.problems:
        assert problem.message("en")
        assert problem.message("zh-Hans")


def test_a_clerk_may_not_import(database: Database, shop: Workspace) -> None:
    clerk = Access(None, "till", "clerk", "en", (), "token", 1)
    with pytest.raises(Forbidden):
        prepare_import(database, shop, "a\n1\n", _names(), clerk)


def test_whoever_was_let_go_writes_nothing_more(database: Database, shop: Workspace) -> None:
    gone = Access(99, "Left", "owner", "en")
    draft = prepare_import(database, shop, "No,姓名\nA1,王芳\n", _names(), gone)
    with database.workspace_tx(shop) as uow:
        batches.start_batch(uow, gone, draft.id)
    stopped = finish(database, shop, draft.id)
    assert stopped.state == "stopped"
    assert stopped.error is not None
    assert stopped.error["code"] == "import-by-nobody"
    with database.workspace_tx(shop) as uow:
        assert all_records(uow, "customers") == []


def test_a_halted_import_goes_on_where_it_stood(
    database: Database, shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CHUNK_ROWS", 10)
    text = "No,姓名\n" + "".join(f"A{n},客人{n}\n" for n in range(35))
    draft = prepare_import(database, shop, text, _names())
    write = loading.write_chunk

    def write_and_halt(load: loading.Load, chunk: loading.Chunk, drafts: list[RowDraft]) -> None:
        write(load, chunk, drafts)
        if chunk.position == 1:
            batches.stop_batch(load.uow, OWNER, draft.id)

    monkeypatch.setattr(loading, "write_chunk", write_and_halt)
    with database.workspace_tx(shop) as uow:
        batches.start_batch(uow, OWNER, draft.id)
    halted = finish(database, shop, draft.id)
    assert halted.state == "stopped"
    with database.workspace_tx(shop) as uow:
        assert len(all_records(uow, "customers")) == 20
    monkeypatch.setattr(loading, "write_chunk", write)
    with database.workspace_tx(shop) as uow:
        batches.start_batch(uow, OWNER, draft.id)
    done = finish(database, shop, draft.id)
    assert counts(done, "customers") == {"created": 35}
    with database.workspace_tx(shop) as uow:
        assert len(all_records(uow, "customers")) == 35


def test_the_same_file_is_not_imported_twice_at_once(database: Database, shop: Workspace) -> None:
    first = prepare_import(database, shop, "No,姓名\nA1,王芳\n", _names())
    second = prepare_import(database, shop, "No,姓名\nA1,王芳\n", _names())
    with database.workspace_tx(shop) as uow:
        batches.start_batch(uow, OWNER, first.id)
        with pytest.raises(Conflict):
            batches.start_batch(uow, OWNER, second.id)


def test_a_file_is_forgotten_once_it_is_in(database: Database, shop: Workspace) -> None:
    bring_in(database, shop, "No,姓名\nA1,王芳\n", _names())
    with database.workspace_tx(shop) as uow:
        assert uow.scalar(sa.select(sa.func.count()).select_from(import_part)) == 0


def test_what_an_earlier_file_was_mapped_to_is_remembered(
    database: Database, shop: Workspace
) -> None:
    bring_in(database, shop, "No,姓名\nA1,王芳\n", _names())
    with database.workspace_tx(shop) as uow:
        assert batches.remembered_map(uow, "customers", ["No", "姓名"]) == _names()
        assert batches.remembered_map(uow, "customers", ["No", "名"]) is None


def _names(**more: Any) -> dict[str, Any]:
    fields = {"code": {"column": "No"}, "name": {"column": "姓名"}}
    return {"targets": [{"form": "customers", "key": "code", "fields": fields, **more}]}
