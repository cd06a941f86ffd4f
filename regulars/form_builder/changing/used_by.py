"""Where a form or a field is used: in every kind of definition, and by whoever else says so.

The answer is found by trying: the field is thought away, every published definition is checked
again, and each new problem is a place that uses it. So formulas, rollups, lookups, checks, views,
titles, rules, messages, reports and dashboards are all looked at by the very code that will judge
them when the change is published.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.effects import Break, breaks
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.snapshot import Published, Snapshot, snapshot
from regulars.platform.definitions.uses import Use, Used, distinct, told, uses_of_definition
from regulars.platform.errors import NotFound

GONE = "gone__"
"""A key that nothing can name, so that a field thought away keeps its place in the list."""
NO_USE = ("layout",)


def uses_of_field(uow: UnitOfWork, access: Access, form_key: str, ref: str) -> list[Use]:
    """Every place that uses a field (``amount``, ``items.price``); NotFound without such a field.

    The places on the form's own page are not counted: they follow the field by themselves.
    """
    access.require("design_forms")
    seen = snapshot(uow)
    form: FormDefinition = seen.get("form", form_key)
    if find_field(form, ref) is None:
        raise NotFound("no-field", key=ref)
    found = breaks_of_field(seen, form_key, ref)
    return [*distinct(found), *told(uow, Used("form", form_key, ref))]


def uses_in_draft(uow: UnitOfWork, access: Access, form_key: str, ref: str) -> list[Use]:
    """Every place that would miss a field of the form as it is being designed.

    As `uses_of_field`, with the draft in the place of what is published.
    """
    access.require("design_forms")
    draft = store.get_draft(uow, "form", form_key)
    form = FormDefinition.from_json(draft.raw)
    if find_field(form, ref) is None:
        return []
    item = Published("form", form_key, draft.published or 0, draft.raw, form)
    found = breaks_of_field(snapshot(uow).overlaid([item]), form_key, ref)
    return [*distinct(found), *told(uow, Used("form", form_key, ref))]


def breaks_of_field(seen: Snapshot, form_key: str, ref: str) -> list[Break]:
    """Every problem that there would be without the field, in its own form and elsewhere."""
    item = seen.items["form", form_key]
    changed = replace(item, parsed=without(item.parsed, ref))
    return [*_breaks_within(seen, item, changed), *breaks(seen, seen.overlaid([changed]))]


def uses_of_form(uow: UnitOfWork, access: Access, form_key: str) -> list[Use]:
    """Every other definition that needs a form."""
    snapshot(uow).get("form", form_key)
    return uses_of_definition(uow, access, "form", form_key)


def breaks_of_change(seen: Snapshot, item: Published) -> list[Break]:
    """What publishing ``item`` in place of what is published would break, itself included."""
    known = seen.items[item.kind, item.key]
    return [*_breaks_within(seen, known, item), *breaks(seen, seen.overlaid([item]))]


def find_field(form: FormDefinition, ref: str) -> FieldDefinition | None:
    """The field named ``amount`` or ``items.price``."""
    head, _dot, tail = ref.partition(".")
    found = form.find(head)
    if not tail or found is None:
        return found
    return next((each for each in found.fields if each.key == tail), None)


def with_field(form: FormDefinition, ref: str, fresh: FieldDefinition) -> FormDefinition:
    """The form with another field in the place of the one named ``ref``."""
    head, _dot, tail = ref.partition(".")
    if tail:
        outer = form.by_key[head]
        columns = tuple(fresh if each.key == tail else each for each in outer.fields)
        fresh = replace(outer, fields=columns)
    fields = tuple(fresh if each.key == head else each for each in form.fields)
    return replace(form, fields=fields, by_key={each.key: each for each in fields})


def without(form: FormDefinition, ref: str) -> FormDefinition:
    """The form with the field thought away; its place in the list stays."""
    field = find_field(form, ref)
    assert field is not None
    return with_field(form, ref, replace(field, key=GONE))


def _breaks_within(seen: Snapshot, item: Published, changed: Published) -> Iterator[Break]:
    check = kinds.get(item.kind).check
    known = {(each.path, each.code) for each in check(item.parsed, seen)}
    for problem in check(changed.parsed, seen.overlaid([changed])):
        own_title = problem.path == "title" and not item.raw.get("title")
        outside = problem.path.partition("/")[0] not in NO_USE and not own_title
        if outside and (problem.path, problem.code) not in known:
            yield Break(item, problem)
