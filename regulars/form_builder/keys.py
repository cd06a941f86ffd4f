"""Keys for people who never see one: made of a label, in letters that every store takes. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from itertools import count

from regulars.platform import pinyin

LONGEST = 40


def derive_key(label: str, taken: Container[str] = (), fallback: str = "field") -> str:
    """A key for ``label`` that is not ``taken``: ``会员等级`` → ``hui_yuan_deng_ji``."""
    base = _slug(label) or fallback
    if base not in taken:
        return base
    return next(key for n in count(2) if (key := f"{base}_{n}") not in taken)


def _slug(label: str) -> str:
    spelled = "_".join(pinyin.syllables(label.strip(), errors=_plain_letters))
    words = re.findall(r"[a-z0-9]+", spelled.lower())
    slug = "_".join(words).lstrip("0123456789_")
    return slug[:LONGEST].rstrip("_")


def _plain_letters(text: str) -> str:
    """What pinyin does not know: other scripts keep their Latin letters, without accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if character.isascii())
