"""What a person's answer to a message means. Pure."""

from __future__ import annotations

import re
import unicodedata

WORDS = ("TD", "T", "R", "N", "退订", "退訂", "拒收", "取消订阅", "取消訂閱", "STOP", "STOPALL",
         "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT")  # fmt: skip
"""Answers that mean "no more of this", as networks and laws of both regions know them."""

_BY_NAME = frozenset(word.casefold() for word in WORDS)
_NAMED = re.compile(
    r"(?:[回复覆]|[Rr]eply|[Tt]ext|[Ss]end)\s*[「“\"']?"
    rf"(?:{'|'.join(sorted(map(re.escape, WORDS), key=len, reverse=True))})(?![A-Za-z])",
    re.IGNORECASE,
)


def wants_out(text: str) -> bool:
    """Whether an answer asks to be left alone: one of the words, and nothing beside it."""
    plain = unicodedata.normalize("NFKC", text)
    word = "".join(each for each in plain if each.isalnum()).casefold()
    return word in _BY_NAME


def names_a_way_out(text: str) -> bool:
    """Whether a text tells its reader which word to answer."""
    return bool(_NAMED.search(unicodedata.normalize("NFKC", text)))
