"""Random rules over random records: one by one and as a batch, and asked twice."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.converting import RowDraft, convert_row
from regulars.form_builder.logic.actions import rules_from_json
from regulars.form_builder.logic.ordering import Circle, in_order
from regulars.form_builder.origin import API
from regulars.form_builder.writing import prepare, store
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from tests.support.logic_forms import BUYERS, SALES, STORES
from tests.support.shop_forms import publish_forms

ACCESS = system_access("en")
TEXTS = ("reason", "address", "city", "note")
WORDS = st.sampled_from(["", "a", "b"])

conditions = st.one_of(
    st.builds(lambda f, v: {"field": f, "op": "is", "value": v}, st.sampled_from(TEXTS),
              st.sampled_from(["a", "b"])),
    st.builds(lambda f: {"field": f, "op": "is_empty"}, st.sampled_from([*TEXTS, "amount"])),
    st.builds(lambda n: {"field": "amount", "op": "gte", "value": n}, st.integers(0, 3)),
    st.builds(lambda v: {"field": "status", "op": "is", "value": v},
              st.sampled_from(["open", "paid"])),
)  # fmt: skip
actions = st.one_of(
    st.builds(lambda kind, keys: {kind: sorted(keys)},
              st.sampled_from(["show", "hide", "require", "read_only"]),
              st.sets(st.sampled_from([*TEXTS, "amount"]), min_size=1, max_size=2)),
    st.builds(lambda f, v, e: {"set": {"field": f, "value": v, "if_empty": e}},
              st.sampled_from(TEXTS), st.sampled_from(["a", "b"]), st.booleans()),
    st.builds(lambda f, o: {"set": {"field": f, "formula": o}},
              st.sampled_from(TEXTS), st.sampled_from(TEXTS)),
    st.builds(lambda values: {"options": {"field": "way", "values": sorted(values)}},
              st.sets(st.sampled_from(["cash", "card", "points"]), min_size=1)),
)  # fmt: skip
rules = st.lists(
    st.builds(lambda when, then: {"when": when, "then": then}, conditions,
              st.lists(actions, min_size=1, max_size=3)),
    min_size=1, max_size=5,
)  # fmt: skip
rows = st.lists(
    st.fixed_dictionaries({}, optional={
        **dict.fromkeys(TEXTS, WORDS), "amount": st.integers(0, 3),
        "status": st.sampled_from(["open", "paid"]), "way": st.sampled_from(["cash", "points"]),
    }), min_size=1, max_size=4,
)  # fmt: skip


def _has_circle(found: list[dict[str, Any]]) -> bool:
    reads: dict[str, frozenset[str]] = {}
    for rule in found:
        for action in (part["set"] for part in rule["then"] if "set" in part):
            own = {rule["when"]["field"], action.get("formula")} - {None}
            reads[action["field"]] = reads.get(action["field"], frozenset()) | own
    try:
        in_order(reads)
    except Circle:
        return True
    return False


def _drafts(work: Writing, some: list[dict[str, Any]]) -> list[RowDraft]:
    return [
        convert_row(work.form, row, work.reading, index=number, texts=False)
        for number, row in enumerate(some)
    ]


def _made(work: Writing, some: list[dict[str, Any]]) -> list[Any]:
    drafts = _drafts(work, some)
    prepare(work, drafts)
    return [
        (draft.values, draft.effects, {(p.path, p.code) for p in draft.problems})
        for draft in drafts
    ]


def _working(uow: UnitOfWork, logic: list[dict[str, Any]]) -> Writing:
    """A batch into the form as it would be with these rules."""
    published = catalog_of(uow)
    form = replace(published.get_form("sales"), logic=rules_from_json(logic))
    catalog = replace(published, forms={**published.forms, "sales": form}, _trees={})
    return Writing(uow, ACCESS, catalog, form, API)


def test_a_batch_is_its_records_one_by_one_and_asking_again_changes_nothing(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [STORES, BUYERS, SALES])

    @settings(max_examples=60, deadline=None)
    @given(rules.filter(lambda found: not _has_circle(found)), rows)
    def holds(logic: list[dict[str, Any]], some: list[dict[str, Any]]) -> None:
        with database.workspace_tx(workspace) as uow:
            work = _working(uow, logic)
            drafts = _drafts(work, some)
            prepare(work, drafts)
            together = [(d.values, d.effects, {(p.path, p.code) for p in d.problems})
                        for d in drafts]  # fmt: skip
            assert together == [_made(work, [row])[0] for row in some]
            ready = [draft for draft in drafts if not draft.problems]
            store(work, ready)
            again = [RowDraft(n, {"note": d.values["note"]}, id=d.id) for n, d in enumerate(ready)]
            prepare(work, again)
            assert [d.problems for d in again] == [[] for _ in again]
            assert store(work, again) == []

    holds()
