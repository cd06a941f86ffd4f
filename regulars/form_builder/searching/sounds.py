"""Chinese texts by how they are typed in Latin letters: `zxm`, `zhang xm`, `zhangxiaoming`. Pure.

Each character stands for one of its readings, whole or by its first letters; the last one may be
typed in part. Where a character has several readings, each of them will do.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from regulars.platform import pinyin

SOUND = "__py"
"""How the index names the sounds of a field: keys hold no two underscores."""
KIND = "sound"
_LONGEST = 100  # signs of a text that are listened to
_READINGS = 2  # of one character; names have hardly ever another one
_NAMES = {"单": ("dan", "shan", "chan"), "單": ("dan", "shan", "chan")}  # but this one does
_SHORTEST = 2  # letters; one alone says nothing
_BEFORE_H = ("z", "c", "s")

Syllable = tuple[str, ...]
Run = tuple[Syllable, ...]


def typed_sound(word: str) -> str | None:
    """The letters of a folded word that may be somebody's pinyin; None for any other word."""
    is_typed = word.isascii() and word.isalpha() and len(word) >= _SHORTEST
    return word if is_typed else None


def sounds_like(text: str | None, letters: str) -> bool:
    """Whether these letters are how some part of a text is typed, from a character's start on."""
    return any(
        _is_heard(run[start:], letters) for run in _runs(text or "") for start in range(len(run))
    )


def sound_grams(text: str | None) -> set[str]:
    """Every letter, and every two letters beside each other, of whatever `sounds_like` finds."""
    found: set[str] = set()
    for run in _runs(text or ""):
        ends: set[str] = set()
        for syllable in run:
            for sound in syllable:
                found.update(end + sound[0] for end in ends)
                found.update(sound)
                found.update(a + b for a, b in pairwise(sound))
            ends = {part[-1] for sound in syllable for part in _parts(sound)}
    return found


def sounds_of(character: str) -> Syllable:
    """The readings by which a character is looked for; none for what is not Chinese."""
    if character.isascii():
        return ()
    return _NAMES.get(character) or pinyin.readings(character)[:_READINGS]


def _is_heard(run: Run, letters: str) -> bool:
    """Whether letters are typed from the first character of a run on."""
    reached = {0}
    for syllable in run:
        further: set[int] = set()
        for sound in syllable:
            for at in reached:
                if sound.startswith(letters[at:]):
                    return True
                further.update(at + len(p) for p in _parts(sound) if letters.startswith(p, at))
        if not further:
            return False
        reached = further
    return len(letters) in reached


def _parts(sound: str) -> tuple[str, ...]:
    """What somebody may type for one whole character: its sound, or the beginning of it."""
    if sound[0] in _BEFORE_H and sound[1:2] == "h":
        return (sound, sound[:1], sound[:2])
    return (sound, sound[:1])


@lru_cache(maxsize=20_000)
def _runs(text: str) -> tuple[Run, ...]:
    """The characters beside each other that have a sound, with their readings."""
    runs: list[list[Syllable]] = [[]]
    for character in text[:_LONGEST]:
        if known := sounds_of(character):
            runs[-1].append(known)
        elif runs[-1]:
            runs.append([])
    return tuple(tuple(run) for run in runs if run)
