"""What a file says about people's consent, into the ledger, with the evidence the file gives.

A yes without evidence is no consent and is only counted; a no withdraws what was given before.
What the ledger already says is not said again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from regulars.form_builder.importing.cells import Broken
from regulars.form_builder.importing.mapping import ConsentSource
from regulars.form_builder.importing.staging import Group
from regulars.form_builder.importing.tables import import_undo
from regulars.form_builder.linking import chunks
from regulars.form_builder.records import RowResult
from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import upsert
from regulars.platform.privacy.consents import ConsentChange, set_consents_bulk
from regulars.platform.privacy.ledger import consent_state

if TYPE_CHECKING:
    from regulars.form_builder.importing.loading import Load


def record_consents(
    load: Load, groups: Sequence[Group], results: Sequence[RowResult]
) -> Counter[str]:
    """Record the consents of a chunk's people; how many were given, withdrawn or worth nothing."""
    counts: Counter[str] = Counter()
    people = [
        (result.id, group)
        for group, result in zip(groups, results, strict=True)
        if result.id is not None and result.status != "refused"
    ]
    known = _states(load.uow, load.staged.planned.form.key, [record for record, _ in people])
    changes = []
    for record, group in people:
        for change, why in _said(load, group, record):
            if change is None:
                counts[why] += 1
            elif _is_news(change, known):
                granted = change.action == "grant"
                known[change.record, change.purpose, change.channel] = granted
                counts["consents_given" if granted else "consents_withdrawn"] += 1
                changes.append(change)
    if changes:
        historic = load.automation == "none"
        set_consents_bulk(load.uow, load.access, changes, historic=historic)
        _note_undo(load.uow, changes, load.batch)
    return counts


def _said(load: Load, group: Group, record: int) -> Iterator[tuple[ConsentChange | None, str]]:
    """What the person's lines say, each different word once, in the order of the lines."""
    planned = load.staged.planned
    for position, wanted in enumerate(planned.target.consent):
        for said in dict.fromkeys(line[position] for line in group.consents):
            yield _change(load.uow, planned.form.key, record, wanted, said)


def _change(
    uow: UnitOfWork, form: str, record: int, wanted: ConsentSource, said: tuple[Any, Any, Any]
) -> tuple[ConsentChange | None, str]:
    given, evidence, at = said
    if any(isinstance(each, Broken) for each in said) or (at is not None and at > uow.now):
        return None, "consents_unclear"
    if given is None:
        return None, "consents_not_said"
    if given and evidence is None:
        return None, "consents_without_evidence"
    change = ConsentChange(
        form, record, wanted.purpose, wanted.channel, "grant" if given else "withdraw",
        wanted.source, evidence, wanted.text_version, at,
    )  # fmt: skip
    return change, ""


def _is_news(change: ConsentChange, known: dict[tuple[int, str, str], bool]) -> bool:
    """Whether the ledger does not say so already; who never agreed has nothing to withdraw."""
    before = known.get((change.record, change.purpose, change.channel), False)
    return before != (change.action == "grant")


def _states(uow: UnitOfWork, form: str, ids: Sequence[int]) -> dict[tuple[int, str, str], bool]:
    found = {}
    for some in chunks(sorted(ids)):
        rows = uow.execute(
            sa.select(consent_state).where(
                consent_state.c.form == form, consent_state.c.record.in_(some)
            )
        )
        for row in rows:
            found[row.record, row.purpose, row.channel] = row.granted
    return found


def _note_undo(uow: UnitOfWork, changes: Sequence[ConsentChange], batch: int) -> None:
    given = {
        (change.form, change.record, f"consent:{change.purpose}:{change.channel}")
        for change in changes
        if change.action == "grant"
    }
    rows = [
        {
            "batch": batch, "form": form, "record": record, "what": what,
            "created": True, "version": 0,
        }
        for form, record, what in sorted(given)
    ]  # fmt: skip
    upsert(uow, import_undo, rows, ("version",))
