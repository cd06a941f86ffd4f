"""How far an approval is: whose turn it is, who is no longer asked, whether it is done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

LIVE = ("waiting", "open")


@dataclass(frozen=True)
class Slot:
    """One signer: ``state`` is waiting, open, approved, returned or skipped.

    ``waits_for`` is whose turn is before; ``extra_of`` the signer who asked for this one, too.
    """

    id: int
    state: str
    waits_for: int | None = None
    extra_of: int | None = None


@dataclass(frozen=True)
class Progress:
    """What follows from the signatures so far."""

    opened: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    done: bool = False


def progress(needs: str, slots: Sequence[Slot]) -> Progress:
    """Whose turn begins now, who need not sign any more, and whether nothing is left to sign."""
    skipped = _skipped(needs, slots)
    known = {each.id: _as_skipped(each, skipped) for each in slots}
    opened = tuple(
        each.id for each in known.values()
        if each.state == "waiting" and _is_past(known.get(each.waits_for or 0))
    )  # fmt: skip
    left = any(each.state in LIVE for each in known.values())
    signed = any(each.state == "approved" for each in known.values())
    return Progress(opened, tuple(sorted(skipped)), signed and not left)


def with_extra(slots: Iterable[Slot], by: int, fresh: int, *, before: bool) -> list[Slot]:
    """The slots with one more, the last, asked for by signer ``by``: in front of them or behind.

    Who is asked behind waits for ``by``; whoever is to sign now follows from `progress`.
    """
    made = []
    for each in slots:
        if before and each.id == by:
            made.append(replace(each, state="waiting", waits_for=fresh))
        elif not before and each.waits_for == by:
            made.append(replace(each, waits_for=fresh))
        else:
            made.append(each)
    return [*made, Slot(fresh, "waiting", None if before else by, by)]


def _skipped(needs: str, slots: Sequence[Slot]) -> set[int]:
    """Where one signature is enough, the others and whoever they asked for, once it is there."""
    own = [each for each in slots if each.extra_of is None]
    if needs != "one" or not any(each.state == "approved" for each in own):
        return set()
    gone = {each.id for each in own if each.state in LIVE}
    while fresh := {
        each.id for each in slots
        if each.extra_of in gone and each.state in LIVE and each.id not in gone
    }:  # fmt: skip
        gone |= fresh
    return gone


def _as_skipped(slot: Slot, skipped: set[int]) -> Slot:
    return replace(slot, state="skipped") if slot.id in skipped else slot


def _is_past(slot: Slot | None) -> bool:
    return slot is None or slot.state in ("approved", "skipped")
