"""A tree of options as an indented text, the way a shop owner writes or pastes it. Pure.

Each line is one option; a line that stands further in belongs to the one above it. A line may also
hold a whole way: ``Food > Tea``, or cells of a spreadsheet between tabs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder.edits import reworded
from regulars.form_builder.keys import derive_key
from regulars.platform import i18n

Json = dict[str, Any]
INDENT = "  "
LONGEST_STEP = 24
_BULLET = re.compile(r"[-*•·]\s+")
_WAY = re.compile(r"\s*[>＞→›\t]\s*")


@dataclass
class _Branch:
    """One option and what is below it, by its folded words."""

    words: str = ""
    below: dict[str, _Branch] = field(default_factory=dict)

    def at(self, words: str) -> _Branch:
        """What is below by these words, upper and lower case alike; made when it is new."""
        return self.below.setdefault(words.casefold(), _Branch(words))


def outline_of(options: Sequence[Mapping[str, Any]], locale: str) -> str:
    """The options as lines, two spaces a level."""
    return "\n".join(
        INDENT * option["value"].count(".") + _words(option, locale)
        for option in in_tree_order(options)
    )


def in_tree_order(options: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each option before those below it, siblings in the given order."""
    below: dict[str, list[Mapping[str, Any]]] = {}
    for option in options:
        below.setdefault(option["value"].rpartition(".")[0], []).append(option)

    def walk(above: str) -> Iterator[Mapping[str, Any]]:
        for option in below.get(above, ()):
            yield option
            yield from walk(option["value"])

    return list(walk(""))


def options_of_outline(
    text: str, before: Sequence[Mapping[str, Any]], locale: str
) -> list[dict[str, Any]]:
    """The options of a text. What stood there ``before`` keeps its code, also when renamed."""
    known: dict[str, list[Mapping[str, Any]]] = {}
    for option in before:
        known.setdefault(option["value"].rpartition(".")[0], []).append(option)
    return list(_coded(_tree_of(text), "", known, locale))


def _tree_of(text: str) -> _Branch:
    root = _Branch()
    open_levels: list[tuple[int, _Branch]] = [(-1, root)]
    for line in text.splitlines():
        bare = line.lstrip(" \t\u3000")
        steps = [step for step in _WAY.split(_BULLET.sub("", bare, count=1).strip()) if step]
        if not steps:
            continue
        depth = _depth(line[: len(line) - len(bare)])
        while open_levels[-1][0] >= depth:
            open_levels.pop()
        here = open_levels[-1][1]
        for step in steps:
            here = here.at(step[:200])
        open_levels.append((depth, here))
    return root


def _depth(indent: str) -> int:
    return sum({"\t": 4, "\u3000": 2}.get(character, 1) for character in indent)


def _coded(
    branch: _Branch, above: str, known: Mapping[str, list[Mapping[str, Any]]], locale: str
) -> Iterator[Json]:
    old = known.get(above, [])
    meant = _meant([each.words for each in branch.below.values()], old, locale)
    taken = {each["value"].rpartition(".")[2] for each in old}
    for inner in branch.below.values():
        words, kept = inner.words, meant.get(inner.words)
        if kept is None:
            step = derive_key(words[:40], taken, "option")[:LONGEST_STEP]
            step = step if step not in taken else derive_key("", taken, step[:20])
            taken.add(step)
        code = kept["value"] if kept else f"{above}.{step}" if above else step
        label = reworded(kept.get("label") if kept else None, words, locale)
        yield {"value": code, "label": label}
        yield from _coded(inner, code, known, locale)


def _meant(
    words: list[str], old: Sequence[Mapping[str, Any]], locale: str
) -> dict[str, Mapping[str, Any]]:
    """Words → the option they mean: the same words, else a renamed one at the same turn."""
    by_words = {_words(option, locale): option for option in old}
    meant = {word: by_words[word] for word in words if word in by_words}
    fresh = [word for word in words if word not in meant]
    gone = [option for said, option in by_words.items() if said not in meant]
    if len(fresh) == len(gone) and len(words) == len(old):
        meant.update(zip(fresh, gone, strict=True))
    return meant


def _words(option: Mapping[str, Any], locale: str) -> str:
    label = i18n.pick(option.get("label"), locale)
    return label or str(option["value"]).rpartition(".")[2]
