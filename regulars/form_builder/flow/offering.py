"""What somebody may do with a record's state now: its ways, and the approval that is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from regulars.form_builder import defaults
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for, may_write
from regulars.form_builder.flow import asking
from regulars.form_builder.flow.deciding import signs
from regulars.form_builder.flow.definition import State, Transition
from regulars.form_builder.flow.holding import missing
from regulars.form_builder.flow.legal import ways_for
from regulars.form_builder.flow.moving import MANAGES, mover_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import Record
from regulars.form_builder.records import get_record, update_record
from regulars.form_builder.storing import load_rows
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.tasks import service as tasks


@dataclass(frozen=True)
class Way:
    """A way that is this person's to go. ``missing`` are the fields to be filled in first;
    ``met``: whether its condition holds."""

    way: Transition
    missing: Sequence[str]
    met: bool


@dataclass(frozen=True)
class SignerSeen:
    """One signer of the open request; ``task`` is what to decide by, ``mine`` by this reader."""

    row: Any
    task: Any
    mine: bool


@dataclass(frozen=True)
class Standing:
    """Where a record stands and what this reader may do about it.

    ``request`` is the open one, None where nobody is asked; ``may_withdraw`` and ``may_ask`` say
    whether the reader may take it back, or ask where nobody is asked.
    """

    form: FormDefinition
    state: State
    ways: Sequence[Way]
    request: Any = None
    signers: Sequence[SignerSeen] = ()
    may_withdraw: bool = False
    may_ask: bool = False
    may_give: bool = False

    @property
    def mine(self) -> SignerSeen | None:
        """The reader's own open turn."""
        return next((each for each in self.signers if each.mine), None)


def standing_of(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> Standing | None:
    """Where a record stands; None for forms without states, or where the state is hidden."""
    seen = catalog_for(uow, access)
    form, catalog = seen.get_form(form_key), catalog_of(uow)
    flow = catalog.get_form(form_key).workflow
    if flow is None or form.find(flow.field) is None:
        return None
    work = Writing(uow, access, catalog, catalog.get_form(form_key), Origin("page"), True)
    stored = load_rows(uow, work.form, work.tables, [record_id]).get(record_id)
    if stored is None:
        raise NotFound("no-record", form=form.label, id=record_id)
    state = flow.at(stored.get(flow.field))
    request = asking.live_request(uow, form_key, record_id)
    edits = access.scope(form_key, "update") != "none"
    free = edits and may_write(access.field_right(form_key, flow.field), is_new=False)
    ways = _ways(work, state, stored) if free else []
    return Standing(
        work.form, state, ways, request, _signers(uow, access, request),
        request is not None and request.applicant == access.actor
        and state.approval is not None and state.approval.withdrawn is not None,
        request is None and state.approval is not None and edits, access.can(MANAGES),
    )  # fmt: skip


def move(  # noqa: PLR0913 - each is the caller's own choice
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, to: str, *,
    note: str = "", version: int | None = None, kind: str = "page",
) -> Record:  # fmt: skip
    """Take a record to another state; Invalid when that is not a way, or not this actor's."""
    flow = catalog_of(uow).get_form(form_key).workflow
    if flow is None:
        raise NotFound("no-states")
    get_record(uow, access, form_key, record_id)
    return update_record(
        uow, access, form_key, record_id, {flow.field: to},
        origin=Origin(kind, note=note.strip() or None), expected_version=version,
    )  # fmt: skip


def _ways(work: Writing, state: State, stored: dict[str, Any]) -> list[Way]:
    flow = work.form.workflow
    assert flow is not None
    mover = mover_of(work.uow, work.access, work.form, work.tables, stored, work.origin.kind)
    found = []
    for way in ways_for(flow, state, mover):
        draft = RowDraft(0, {flow.field: way.to}, id=stored["id"], current=stored)
        found.append(Way(way, missing(work, draft, way), _met(work, draft, way)))
    return found


def _met(work: Writing, draft: RowDraft, way: Transition) -> bool:
    if way.when is None:
        return True
    tree, problems = work.catalog.condition(work.form.key, way.when)
    return not problems and defaults.evaluate(work, tree, draft) is True


def _signers(uow: UnitOfWork, access: Access, request: Any) -> list[SignerSeen]:
    if request is None:
        return []
    found = []
    for row in asking.signers_of(uow, request.id):
        task = tasks.find_task(uow, row.task) if row.task is not None else None
        mine = row.state == "open" and access.kind != "system" and signs(access, row)
        found.append(SignerSeen(row, task, mine))
    return found
