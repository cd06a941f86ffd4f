"""Texts as the pieces they are found by: every sign, and every two signs beside each other. Pure.

Two signs, because Chinese names have two; the texts are folded already.
"""

from __future__ import annotations

from itertools import pairwise

_FEW = 7  # signs; of a longer word every second pair says as much as all of them


def grams_of(text: str | None) -> set[str]:
    """Every sign and pair of signs of a folded text; nothing goes across a space."""
    found: set[str] = set()
    for run in (text or "").split():
        found.update(run)
        found.update(map("".join, pairwise(run)))
    return found


def asked_by(word: str) -> list[str]:
    """What a text must have to hold ``word`` (which has no space in it)."""
    if len(word) < 2:
        return [word]
    pairs = ["".join(two) for two in pairwise(word)]
    return list(dict.fromkeys(pairs if len(word) <= _FEW else [*pairs[::2], pairs[-1]]))
