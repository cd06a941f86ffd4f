"""Which of many people are worth comparing, and the groups that come of it. Pure.

Nobody is compared with everybody: only people who share a number, an address, a birthday or the
sound of a name meet. A hundred thousand people take seconds, not days.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from regulars.form_builder.people.likeness import Likeness, Sketch, compare, names_alike

POSSIBLE = 50
MOST_ALIKE = 60  # more people than this in one bucket say that the value means nothing
LARGEST_GROUP = 12

Pair = tuple[int, int]


@dataclass(frozen=True)
class Suspects:
    """Two people and how likely they are one; ``first`` is the older record."""

    first: int
    second: int
    likeness: Likeness

    @property
    def pair(self) -> Pair:
        """The two ids in order."""
        return (self.first, self.second)


@dataclass(frozen=True)
class Group:
    """People who seem to be one, oldest record first, with what speaks for it pair by pair."""

    ids: tuple[int, ...]
    pairs: tuple[Suspects, ...]

    @property
    def score(self) -> int:
        """Of the likeliest pair."""
        return max(each.likeness.score for each in self.pairs)


def find_groups(
    sketches: Sequence[Sketch], distinct: Collection[Pair] = (), least: int = POSSIBLE
) -> list[Group]:
    """Groups of people who seem to be one, the likeliest first.

    ``distinct`` are pairs (smaller id first) that a person has told apart.
    """
    told_apart = set(distinct)
    found = []
    for pair, (one, other) in _candidates(sketches).items():
        if pair in told_apart:
            continue
        likeness = compare(one, other)
        if likeness.score >= least:
            found.append(Suspects(*pair, likeness))
    return sorted(_grouped(found), key=lambda group: (-group.score, group.ids))


def _candidates(sketches: Sequence[Sketch]) -> dict[Pair, tuple[Sketch, Sketch]]:
    pairs: dict[Pair, tuple[Sketch, Sketch]] = {}
    for keys_of, worth_it in _BUCKETS:
        buckets: dict[object, list[Sketch]] = {}
        for each in sketches:
            for key in keys_of(each):
                buckets.setdefault(key, []).append(each)
        for some in buckets.values():
            if 1 < len(some) <= MOST_ALIKE:
                for one, other in _pairs(some):
                    if worth_it(one, other):
                        pairs[one.id, other.id] = (one, other)
    return pairs


def _pairs(some: Sequence[Sketch]) -> Iterator[tuple[Sketch, Sketch]]:
    ordered = sorted(some, key=lambda each: each.id)
    for n, first in enumerate(ordered):
        for second in ordered[n + 1 :]:
            yield first, second


def _by_phone(sketch: Sketch) -> Iterable[object]:
    return (sketch.phone,) if sketch.phone else ()


def _by_email(sketch: Sketch) -> Iterable[object]:
    return (sketch.email,) if sketch.email else ()


def _by_birthday(sketch: Sketch) -> Iterable[object]:
    """Everybody of one day; where the day says nothing, by the sound as well."""
    if not sketch.birthday or not sketch.name:
        return ()
    return (sketch.birthday, (sketch.birthday, sketch.sound))


def _by_sound_and_half_a_number(sketch: Sketch) -> Iterable[object]:
    """One slip leaves one half of the number as it was; a swap in the middle two thirds."""
    tail = sketch.phone_tail
    if not tail or not sketch.name:
        return ()
    return ((sketch.sound, 0, tail[:4]), (sketch.sound, 1, tail[4:]),
            (sketch.sound, 2, tail[:3] + tail[5:]))  # fmt: skip


def _by_name(sketch: Sketch) -> Iterable[object]:
    return (sketch.name,) if sketch.name else ()


def _always(_one: Sketch, _other: Sketch) -> bool:
    return True


def _one_has_no_contact(one: Sketch, other: Sketch) -> bool:
    return not (one.has_contact and other.has_contact)


_BUCKETS: tuple[
    tuple[Callable[[Sketch], Iterable[object]], Callable[[Sketch, Sketch], bool]], ...
] = (
    (_by_phone, _always),
    (_by_email, _always),
    (_by_birthday, names_alike),
    (_by_sound_and_half_a_number, _always),
    (_by_name, _one_has_no_contact),
)
"""What brings two people together, and whether a comparison is worth it then."""


def _grouped(found: Sequence[Suspects]) -> list[Group]:
    """Pairs that share people, together; the likeliest pairs meet first, groups stay small."""
    home: dict[int, set[int]] = {}
    kept: list[Suspects] = []
    for each in sorted(found, key=lambda pair: (-pair.likeness.score, pair.pair)):
        ours = home.setdefault(each.first, {each.first})
        theirs = home.setdefault(each.second, {each.second})
        if ours is not theirs:
            if len(ours) + len(theirs) > LARGEST_GROUP:
                continue
            ours |= theirs
            for one in theirs:
                home[one] = ours
        kept.append(each)
    by_group: dict[int, list[Suspects]] = {}
    for each in kept:
        by_group.setdefault(min(home[each.first]), []).append(each)
    return [Group(tuple(sorted(home[first])), tuple(pairs)) for first, pairs in by_group.items()]
