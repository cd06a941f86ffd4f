"""Consents of people who are merged: the ledger only grows, and no refusal is ever lost.

The survivor gets an entry of its own for each purpose and channel that either record had a word
on. If either of them has refused, the survivor refuses, whatever was said later by the other: we
cannot know that both words came from the same mouth. Only where nobody refused does a grant hold,
with the evidence of the entry it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import upsert
from regulars.platform.privacy.followers import Counts, Move, PersonFollower
from regulars.platform.privacy.ledger import append, consent_entry, consent_state, redact

SOURCE_MERGE = "merge"
SOURCE_UNDO = "merge-undone"
Key = tuple[str, str]  # purpose, channel
State = tuple[bool, datetime]


class ConsentFollower(PersonFollower):
    """The consents of merged people."""

    def count(self, uow: UnitOfWork, form: str, record: int) -> Counts:
        """How many purposes and channels the person has said something about."""
        return {"consents": len(_states(uow, form, record))}

    def merge(self, uow: UnitOfWork, access: Access, move: Move) -> Any:
        """Give the survivor the stricter of both words."""
        ours, theirs = _states(uow, move.form, move.keep), _states(uow, move.form, move.drop)
        wanted = {
            key: state
            for key, state in merged_states(ours, theirs).items()
            if ours.get(key, (None,))[0] != state[0]
        }
        _say(uow, access, move, wanted, SOURCE_MERGE)
        return [
            [*key, None if key not in ours else ours[key][0], state[0]]
            for key, state in sorted(wanted.items())
        ]

    def unmerge(self, uow: UnitOfWork, access: Access, move: Move, moved: Any) -> None:
        """Let the survivor's own words hold again, unless something was said since the merge."""
        now = _states(uow, move.form, move.keep)
        back: dict[Key, State] = {}
        for purpose, channel, before, given in moved or ():
            state = now.get((purpose, channel))
            if (
                state is not None
                and state[0] is given
                and _is_last_word(uow, move, purpose, channel)
            ):
                back[purpose, channel] = (before is True, uow.now)
        _say(uow, access, move, back, SOURCE_UNDO)

    def erase(self, uow: UnitOfWork, access: Access, form: str, record: int) -> Counts:
        """The bare words stay in the ledger, as proof; where and how they were said goes."""
        return {"consent_entry": redact(uow, form, [record])}


def merged_states(ours: Mapping[Key, State], theirs: Mapping[Key, State]) -> dict[Key, State]:
    """What holds for two people who are one: the refusal if there is one. Pure."""
    found: dict[Key, State] = {}
    for key in {*ours, *theirs}:
        words = [said[key] for said in (ours, theirs) if key in said]
        refusals = [word for word in words if not word[0]]
        found[key] = max(refusals or words, key=lambda word: word[1])
    return found


def _states(uow: UnitOfWork, form: str, record: int) -> dict[Key, State]:
    rows = uow.execute(
        consent_state.select()
        .where(consent_state.c.form == form, consent_state.c.record == record)
        .order_by(consent_state.c.purpose, consent_state.c.channel)
        .with_for_update()
    )
    return {(row.purpose, row.channel): (row.granted, row.at) for row in rows}


def _say(
    uow: UnitOfWork, access: Access, move: Move, words: Mapping[Key, State], source: str
) -> None:
    """One ledger entry per word, and the state that follows from it."""
    if not words:
        return
    append(uow, [_entry(uow, access, move, key, words[key], source) for key in sorted(words)])
    rows = [
        {
            "form": move.form, "record": move.keep, "purpose": key[0], "channel": key[1],
            "granted": granted, "at": uow.now,
        }
        for key, (granted, _at) in words.items()
    ]  # fmt: skip
    upsert(uow, consent_state, rows, ("granted", "at"))


def _entry(
    uow: UnitOfWork, access: Access, move: Move, key: Key, state: State, source: str
) -> dict[str, Any]:
    return {
        "form": move.form, "record": move.keep, "purpose": key[0], "channel": key[1],
        "action": "grant" if state[0] else "withdraw", "source": source,
        "evidence": f"merge:{move.id} record:{move.drop}", "text_version": None,
        "actor": access.actor, "at": uow.now, "recorded_at": uow.now,
    }  # fmt: skip


def _is_last_word(uow: UnitOfWork, move: Move, purpose: str, channel: str) -> bool:
    """Whether nothing was said about this since the merge spoke."""
    sources: Iterable[str] = uow.execute(
        sa.select(consent_entry.c.source)
        .where(
            consent_entry.c.form == move.form,
            consent_entry.c.record == move.keep,
            consent_entry.c.purpose == purpose,
            consent_entry.c.channel == channel,
        )
        .order_by(consent_entry.c.id.desc())
        .limit(1)
    ).scalars()
    return list(sources) == [SOURCE_MERGE]
