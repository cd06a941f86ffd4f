import copy
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from regulars.form_builder import edits, service, undo
from regulars.form_builder.catalog import _tables
from regulars.form_builder.service import Wish
from regulars.form_builder.starters import PARTS
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict, Forbidden, Invalid, VersionConflict
from tests.support.shop_forms import publish_forms

OWNER = Access(1, "Alice", "owner", "en")
CLERK = Access(2, "Bob", "clerk", "en")


def begun(uow: UnitOfWork, label: str = "Visits", parts: tuple[str, ...] = ()) -> str:
    return service.create_form(uow, OWNER, Wish(label, parts)).key


def labels(uow: UnitOfWork, key: str) -> list[str]:
    return [field["label"] for field in store.get_draft(uow, "form", key).raw["fields"]]


def add(uow: UnitOfWork, key: str, label: str) -> None:
    service.edit_form(
        uow, OWNER, key, lambda form: edits.add_field(form, {"type": "text", "label": label})
    )


def test_a_form_begins_with_the_parts_that_were_wished_for(uow: UnitOfWork) -> None:
    key = begun(uow, "会员", ("person", "tags"))
    raw = store.get_draft(uow, "form", key).raw
    assert key == "hui_yuan"
    assert [field["key"] for field in raw["fields"]] == [
        "name", "mobile", "email", "birthday", "tags",
    ]  # fmt: skip
    assert raw["person"]["mobile"] == "mobile"
    assert service.draft_problems(uow, key) == []


def test_every_part_alone_makes_a_form_that_can_be_published(uow: UnitOfWork) -> None:
    keys = [begun(uow, f"With {part}", (part,)) for part in PARTS]
    assert all(version == 1 for version in service.publish_forms(uow, OWNER, keys).values())


def test_a_second_form_of_the_same_name_gets_a_key_of_its_own(uow: UnitOfWork) -> None:
    assert (begun(uow), begun(uow)) == ("visits", "visits_2")


def test_a_form_needs_a_name(uow: UnitOfWork) -> None:
    with pytest.raises(Invalid) as refused:
        service.create_form(uow, OWNER, Wish("  "))
    assert [(p.path, p.code) for p in refused.value.problems] == [("label", "required")]


def test_who_may_not_design_changes_nothing(uow: UnitOfWork) -> None:
    key = begun(uow)
    with pytest.raises(Forbidden):
        service.create_form(uow, CLERK, Wish("Mine"))
    with pytest.raises(Forbidden):
        service.edit_form(uow, CLERK, key, lambda form: edits.remove_field(form, "name"))
    with pytest.raises(Forbidden):
        service.undo_step(uow, CLERK, key)
    with pytest.raises(Forbidden):
        service.publish_forms(uow, CLERK, [key])
    assert service.list_forms(uow, CLERK) == []


def test_undoing_everything_gives_the_start_and_redoing_the_end(uow: UnitOfWork) -> None:
    key = begun(uow)
    start = copy.deepcopy(store.get_draft(uow, "form", key).raw)
    for label in ("A", "B", "C"):
        add(uow, key, label)
    end = copy.deepcopy(store.get_draft(uow, "form", key).raw)
    assert undo.depths(uow, key) == (3, 0)
    for _ in range(5):
        service.undo_step(uow, OWNER, key)
    assert store.get_draft(uow, "form", key).raw == start
    assert undo.depths(uow, key) == (0, 3)
    for _ in range(5):
        service.redo_step(uow, OWNER, key)
    assert store.get_draft(uow, "form", key).raw == end


def test_a_new_step_ends_what_could_be_redone(uow: UnitOfWork) -> None:
    key = begun(uow)
    add(uow, key, "A")
    service.undo_step(uow, OWNER, key)
    add(uow, key, "B")
    service.redo_step(uow, OWNER, key)
    assert labels(uow, key) == ["Name", "B"]


def test_a_step_that_changes_nothing_is_no_step(uow: UnitOfWork) -> None:
    key = begun(uow)
    service.edit_form(uow, OWNER, key, lambda form: edits.shift_field(form, "name", -1))
    assert undo.depths(uow, key) == (0, 0)


def test_a_step_to_a_place_that_is_gone_is_refused(uow: UnitOfWork) -> None:
    key = begun(uow)
    with pytest.raises(Conflict) as refused:
        service.edit_form(uow, OWNER, key, lambda form: edits.remove_field(form, "gone"))
    assert refused.value.code == "no-such-place"
    assert "Load the page again" in refused.value.message("en")


def test_a_step_that_breaks_the_shape_is_not_kept(uow: UnitOfWork) -> None:
    key = begun(uow)
    with pytest.raises(Invalid):
        service.edit_form(
            uow, OWNER, key, lambda form: edits.change_field(form, "name", {"max_length": "many"})
        )
    assert undo.depths(uow, key) == (0, 0)


def test_a_step_on_an_old_draft_meets_what_was_done_since(uow: UnitOfWork) -> None:
    key = begun(uow)
    tag = store.get_draft(uow, "form", key).tag
    add(uow, key, "A")
    saved = service.edit_form(
        uow, OWNER, key, lambda form: edits.change_field(form, "name", {"required": None}), tag=tag
    )
    assert saved.raw["fields"][-1]["label"] == "A"
    with pytest.raises(VersionConflict):
        service.edit_form(uow, OWNER, key, lambda form: form, tag=10**6)


def test_undoing_back_to_what_is_published_leaves_nothing_to_publish(uow: UnitOfWork) -> None:
    key = begun(uow)
    service.publish_forms(uow, OWNER, [key])
    add(uow, key, "A")
    assert [change.code for change in service.pending_changes(uow, key)] == ["field-added"]
    service.undo_step(uow, OWNER, key)
    assert service.pending_changes(uow, key) == []
    assert not store.get_draft(uow, "form", key).changed


def test_every_step_since_the_start_can_be_undone_and_redone(uow: UnitOfWork) -> None:
    key = begun(uow)
    start = store.get_draft(uow, "form", key).raw
    for n in range(12):
        step = partial(edits.label_field, ref="name", words=f"N{n}", locale="en")
        service.edit_form(uow, OWNER, key, step)
    end = store.get_draft(uow, "form", key).raw
    for _ in range(15):
        service.undo_step(uow, OWNER, key)
    assert store.get_draft(uow, "form", key).raw == start
    assert undo.depths(uow, key) == (0, 12)
    for _ in range(15):
        service.redo_step(uow, OWNER, key)
    assert store.get_draft(uow, "form", key).raw == end


def test_publishing_lets_go_of_steps_that_are_old_and_far_back(
    uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "KEPT_STEPS", 3)
    key = begun(uow)
    for n in range(6):
        add(uow, key, f"Then {n}")
    service.publish_forms(uow, OWNER, [key])
    assert undo.depths(uow, key) == (6, 0), "young steps stay, however many"
    later = replace(uow, now=uow.now + undo.KEPT_FOR + timedelta(days=1))
    add(later, key, "Now")
    service.undo_step(later, OWNER, key)
    service.redo_step(later, OWNER, key)
    service.publish_forms(later, OWNER, [key])
    assert undo.depths(later, key) == (3, 0)
    for _ in range(4):
        service.undo_step(later, OWNER, key)
    assert labels(later, key)[-1] == "Then 3"


def test_checking_a_draft_makes_no_tables(uow: UnitOfWork) -> None:
    key = begun(uow)
    add(uow, key, "One more")
    made = _tables.cache_info().currsize
    for n in range(3):
        add(uow, key, f"And {n}")
        assert service.draft_problems(uow, key) == []
    assert _tables.cache_info().currsize == made


def test_undo_takes_nothing_back_that_this_tab_has_not_seen(uow: UnitOfWork) -> None:
    key = begun(uow)
    mine = service.edit_form(uow, OWNER, key, lambda f: edits.label_field(f, "name", "A", "en"))
    service.edit_form(uow, OWNER, key, lambda f: edits.label_field(f, "name", "B", "en"))
    with pytest.raises(VersionConflict):
        service.undo_step(uow, OWNER, key, tag=mine.tag)
    assert store.get_draft(uow, "form", key).raw["fields"][0]["label"] == "B"


def test_fields_with_the_same_key_are_brought_back_too(uow: UnitOfWork) -> None:
    key = begun(uow)
    raw = dict(store.get_draft(uow, "form", key).raw)
    double = {**raw, "fields": [*raw["fields"], *raw["fields"]]}
    service.put_form(uow, OWNER, double)
    assert service.undo_step(uow, OWNER, key).raw == raw
    assert service.redo_step(uow, OWNER, key).raw == double


def test_dropped_changes_can_be_had_back(uow: UnitOfWork) -> None:
    key = begun(uow)
    service.publish_forms(uow, OWNER, [key])
    add(uow, key, "A")
    service.discard_changes(uow, OWNER, key)
    assert labels(uow, key) == ["Name"]
    service.undo_step(uow, OWNER, key)
    assert labels(uow, key) == ["Name", "A"]


def test_a_dropped_form_that_was_never_published_is_gone(uow: UnitOfWork) -> None:
    key = begun(uow)
    add(uow, key, "A")
    service.discard_changes(uow, OWNER, key)
    assert store.find_draft(uow, "form", key) is None
    assert undo.depths(uow, key) == (0, 0)


def test_a_form_that_others_use_cannot_be_put_away(uow: UnitOfWork) -> None:
    publish_forms(uow)
    with pytest.raises(Conflict) as refused:
        service.archive_form(uow, OWNER, "products")
    assert refused.value.message("zh-Hans") == "还有 1 张表单指向它：订单"


def test_the_key_of_a_form_put_away_is_not_given_again(uow: UnitOfWork) -> None:
    key = begun(uow)
    service.publish_forms(uow, OWNER, [key])
    service.archive_form(uow, OWNER, key)
    assert [each.key for each in service.list_forms(uow, OWNER)] == []
    assert begun(uow) == "visits_2"


def test_the_list_tells_state_and_number_of_records(uow: UnitOfWork) -> None:
    publish_forms(uow)
    draft = begun(uow)
    add(uow, "products", "Colour")
    found = {each.key: each for each in service.list_forms(uow, OWNER)}
    assert (found["customers"].published, found["customers"].records) == (1, 0)
    assert (found["products"].changed, found["customers"].changed) == (True, False)
    assert (found[draft].published, found[draft].records) == (None, None)
    assert {each.key for each in service.list_forms(uow, CLERK)} == {
        "products", "customers", "orders",
    }  # fmt: skip


def test_putting_a_whole_definition_is_one_step_to_undo(uow: UnitOfWork) -> None:
    key = begun(uow)
    before = store.get_draft(uow, "form", key).raw
    service.put_form(uow, OWNER, {**before, "title": "{id}"})
    service.undo_step(uow, OWNER, key)
    assert store.get_draft(uow, "form", key).raw == before
