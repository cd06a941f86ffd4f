"""The search index finds what a scan finds, at every moment of a record's life."""

import random
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder import records, verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.form_builder.people.erase_plan import EraseWish
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.searching import asking, building, keeping
from regulars.form_builder.searching import words as words_module
from regulars.form_builder.searching.desk import SearchDesk
from regulars.form_builder.searching.postings import block_of, indexed_in, load
from regulars.form_builder.searching.tables import BLOCK, search_change, search_field, search_gram
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from tests.support.clocks import MovableClock
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms

ACCESS = system_access("en")
NOTED = {**CUSTOMERS, "fields": [*CUSTOMERS["fields"], {"key": "note", "type": "long_text"}]}
WORDS = (
    "王", "王芳", "小", "Wang", "ang", "13800", "138000000", "+86", "@shop", "a@shop.example",
    "straße", "STRASSE", "%", "_", "王 138", "nobody", "\u3000王\u3000芳", "o" * 80,
    "wf", "xiaofang", "Zhang", "wang 138", "li xf", "zz",
)  # fmt: skip


@pytest.fixture(autouse=True)
def shop(database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop in which every form is large enough for an index."""
    monkeypatch.setattr(keeping, "FEW", 0)
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, (PRODUCTS, NOTED, ORDERS))
        people = [person(n) for n in range(60)]
        records.write_batch(uow, ACCESS, "customers", people, origin=API)


def person(n: int) -> dict[str, Any]:
    drawn = random.Random(n)
    name = "".join(drawn.choices("王李张小芳 Wang%_Straße", k=drawn.randint(1, 6))).strip()
    note = f"{drawn.choice('abc')}@shop.example" if n % 3 else None
    mobile = f"+86138{n * 7:08d}"
    return {"name": name or "王芳", "mobile": mobile, "email": f"a{n}@x.org", "note": note}


def index(database: Database, workspace: Workspace) -> None:
    keeping.keep(database, workspace, database.clock(), all_of_it=True)


def found(uow: UnitOfWork, words: str, access: Access = ACCESS) -> list[int]:
    query = RecordQuery(search=words, limit=1000, sort=("id",))
    return [each.id for each in records.find_records(uow, access, "customers", query).records]


def scanned(uow: UnitOfWork, words: str, access: Access = ACCESS) -> list[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words_module, "candidates", lambda *_: None)
        return found(uow, words, access)


def agree(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace, write=False) as uow:
        some = [w for w in WORDS if scanned(uow, w)]
        assert len(some) > 8
        for words in WORDS:
            assert found(uow, words) == scanned(uow, words), words


def drifts(uow: UnitOfWork) -> list[verifying.Drift]:
    return verifying.look_at_all(uow, catalog_of(uow), "customers")


def bits(uow: UnitOfWork, record: int) -> set[str]:
    """The pieces of text under which the index knows a record, in any field."""
    return {
        gram
        for each in indexed_in(uow, "f_customers")
        for gram, known in load(uow, each.id, block_of(record))
        if record % BLOCK in known
    }


def test_the_index_finds_what_a_scan_finds_before_and_after_every_change(
    database: Database, workspace: Workspace
) -> None:
    agree(database, workspace)
    index(database, workspace)
    agree(database, workspace)
    with database.workspace_tx(workspace) as uow:
        assert drifts(uow) == []
        for n in range(60, 75):
            records.create_record(uow, ACCESS, "customers", person(n), origin=API)
        for n in range(1, 30, 3):
            change = {"name": f"王 {n}", "note": "小 straße"}
            records.update_record(uow, ACCESS, "customers", n, change, origin=API)
        for n in (5, 6, 61):
            records.delete_record(uow, ACCESS, "customers", n, origin=API)
    agree(database, workspace)
    index(database, workspace)
    agree(database, workspace)
    with database.workspace_tx(workspace) as uow:
        assert drifts(uow) == []
        assert uow.scalar(sa.select(sa.func.count()).select_from(search_change)) == 0
        assert bits(uow, 6) == set()
        records.restore_record(uow, ACCESS, "customers", 6, origin=API)
    agree(database, workspace)
    index(database, workspace)
    agree(database, workspace)


def test_a_word_is_found_without_looking_at_other_records(
    database: Database, workspace: Workspace
) -> None:
    index(database, workspace)
    with database.workspace_tx(workspace, write=False) as uow:
        catalog = catalog_of(uow)
        asked = words_module.word_search(uow, catalog, catalog.get_form("customers"), "a17@x")
        assert asked is not None
        assert asked.few is not None
        assert 18 in asked.few
        assert len(asked.few) < 30


def test_a_record_that_changes_while_the_index_reads_is_found_as_it_is(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = building._put

    def late(*args: Any) -> bool:
        with database.workspace_tx(workspace) as uow:
            records.update_record(
                uow, ACCESS, "customers", 7, {"name": "latecomer"}, origin=API
            )  # fmt: skip
        monkeypatch.setattr(building, "_put", put)
        return put(*args)

    monkeypatch.setattr(building, "_put", late)
    index(database, workspace)
    for _ in range(2):
        with database.workspace_tx(workspace) as uow:
            assert found(uow, "latecomer") == [7]
            assert found(uow, "nobody") == []
        index(database, workspace)
    with database.workspace_tx(workspace) as uow:
        assert drifts(uow) == []


def test_a_record_that_is_committed_after_a_later_one_is_not_missed(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_PATIENCE", 1)
    with ExitStack() as open_work:
        slow = open_work.enter_context(database.workspace_tx(workspace))
        records.create_record(slow, ACCESS, "customers", {"name": "slowpoke"}, origin=API)
        if database.is_sqlite:  # one writes at a time: there nobody can be later
            open_work.close()
        with database.workspace_tx(workspace) as quick:
            records.create_record(quick, ACCESS, "customers", {"name": "quick"}, origin=API)
        index(database, workspace)
    for _ in range(2):
        with database.workspace_tx(workspace, write=False) as uow:
            for words in ("quick", "slowpoke"):
                assert found(uow, words) == scanned(uow, words) != []
        index(database, workspace)
    with database.workspace_tx(workspace, write=False) as uow:
        assert drifts(uow) == []


def test_what_a_role_sees_masked_is_not_found_by_it(
    database: Database, workspace: Workspace
) -> None:
    raw = {
        "kind": "role", "key": "greeter", "label": "Greeter",
        "forms": {"customers": {"read": "all", "fields": {"mobile": "masked", "note": "hidden"}}},
    }  # fmt: skip
    with database.workspace_tx(workspace) as uow:
        store.save_draft(uow, ACCESS, "role", raw)
        store.publish(uow, ACCESS, [("role", "greeter")])
    index(database, workspace)
    with database.workspace_tx(workspace, write=False) as uow:
        clerk = Access(3, "Cleo", "greeter", "en", roles=roles_of(uow))
        assert found(uow, "138000000") != []
        for words in WORDS:
            assert found(uow, words, clerk) == scanned(uow, words, clerk), words
        assert found(uow, "138000000", clerk) == []
        assert found(uow, "@shop", clerk) == []


def test_an_erased_person_leaves_no_piece_in_the_index(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        gone = records.create_record(
            uow, ACCESS, "customers",
            {"name": "穆小满", "mobile": "+8613912345678", "email": "mu@canary.example"},
            origin=API,
        )  # fmt: skip
        other = {"note": "her sister is mu@canary.example"}
        records.update_record(uow, ACCESS, "customers", 9, other, origin=API)
    index(database, workspace)
    with database.workspace_tx(workspace) as uow:
        assert "穆小" in bits(uow, gone.id)
        assert "na" in bits(uow, 9)
        wish = EraseWish("customers", gone.id, confirm="穆小满")
        erase_person(uow, ACCESS, wish)
        assert bits(uow, gone.id) == set()
    with database.workspace_tx(workspace) as uow:
        assert "na" not in bits(uow, 9)
        grams = uow.execute(sa.select(search_gram.c.gram)).scalars().all()
        assert "穆" not in grams
        assert "穆小" not in grams
    index(database, workspace)
    with database.workspace_tx(workspace) as uow:
        assert drifts(uow) == []


def test_fields_that_go_or_change_their_type_leave_the_index(
    database: Database, workspace: Workspace
) -> None:
    index(database, workspace)
    with database.workspace_tx(workspace) as uow:
        form = {**NOTED, "fields": [f for f in NOTED["fields"] if f["key"] != "note"]}
        form["archived"] = [NOTED["fields"][-1]]
        publish_forms(uow, (form,))
        uow.execute(search_field.update().where(search_field.c.field == "name").values(kind="url"))
        assert found(uow, "王") == scanned(uow, "王")
    index(database, workspace)
    with database.workspace_tx(workspace) as uow:
        assert found(uow, "王") == scanned(uow, "王") != []
        assert {each.field: each.kind for each in indexed_in(uow, "f_customers")} == {
            "name": "text", "name__py": "sound", "mobile": "phone", "email": "email",
        }  # fmt: skip
        left = set(uow.execute(sa.select(search_gram.c.field)).scalars())
        assert left == {each.id for each in indexed_in(uow)}


def test_what_somebody_spoilt_is_found_and_put_right(
    database: Database, workspace: Workspace
) -> None:
    index(database, workspace)
    with database.workspace_tx(workspace) as uow:
        mobile = next(each for each in indexed_in(uow, "f_customers") if each.field == "mobile")
        here = search_gram.c.field == mobile.id, search_gram.c.gram == "38"
        uow.execute(search_gram.delete().where(*here))
        [wrong] = drifts(uow)
        assert (wrong.kind, wrong.field, len(wrong.ids)) == ("search", "mobile", 60)
        verifying.mend(uow, catalog_of(uow), wrong)
        assert drifts(uow) == []
        assert found(uow, "1380") == scanned(uow, "1380") != []


def test_the_desk_works_when_there_is_enough_to_do(
    database: Database, workspace: Workspace, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = SearchDesk(database)
    assert desk.is_due(clock())
    assert not desk.is_due(clock())  # it looks once a minute
    monkeypatch.setattr(keeping, "YOUNG", 20)
    desk.answer()
    clock.forward(minutes=2)
    assert not desk.is_due(clock())
    with database.workspace_tx(workspace) as uow:
        records.update_record(uow, ACCESS, "customers", 3, {"name": "Nina"}, origin=API)
    clock.forward(minutes=2)
    assert not desk.is_due(clock())  # one change can wait
    clock.forward(minutes=10)
    assert desk.is_due(clock())
    desk.answer()
    with database.workspace_tx(workspace) as uow:
        assert "ni" in bits(uow, 3)


def test_a_change_that_was_taken_back_and_made_again_is_noted(
    database: Database, workspace: Workspace
) -> None:
    index(database, workspace)
    with database.workspace_tx(workspace) as uow:
        with suppress(LookupError), uow.savepoint():
            records.update_record(uow, ACCESS, "customers", 3, {"name": "Zoë"}, origin=API)
            raise LookupError
        records.update_record(uow, ACCESS, "customers", 3, {"name": "Zoé"}, origin=API)
    with database.workspace_tx(workspace) as uow:
        assert found(uow, "zoé") == [3]
        assert found(uow, "zoë") == []


def test_a_hidden_or_masked_name_is_not_found_by_its_sounds_s12(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        for key, right in (("blind", "hidden"), ("veiled", "masked")):
            role = {
                "kind": "role", "key": key, "label": key, "capabilities": [],
                "forms": {"customers": {"read": "all", "fields": {"name": right}}},
            }  # fmt: skip
            store.save_draft(uow, ACCESS, "role", role)
            store.publish(uow, ACCESS, [("role", key)])
    for _ in range(2):
        with database.workspace_tx(workspace, write=False) as uow:
            assert found(uow, "wang")
            for key in ("blind", "veiled"):
                one = Access(1, "Kim", key, "en", roles=roles_of(uow))
                assert found(uow, "wang", one) == []
        index(database, workspace)


def test_so_many_records_with_a_sound_that_only_the_latest_are_listened_to(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(database, workspace)
    with database.workspace_tx(workspace, write=False) as uow:
        every = found(uow, "wang")
        monkeypatch.setattr(asking, "MOST", 7)
        few = found(uow, "wang")
    assert 0 < len(few) < len(every)
    assert set(few) <= set(every)
