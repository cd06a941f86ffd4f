"""How many parts a short message is sent and paid in. Pure.

A text of the GSM alphabet fits 160 characters into one part (153 into each of several); any other
character makes it 70 (67).
"""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€")
Sizes = tuple[int, int]
GSM: Sizes = (160, 153)
WIDE: Sizes = (70, 67)
MOST_PARTS = 10
"""What takes more than so many is not sent: a value has grown beyond what anybody meant to pay."""


def count_parts(text: str, sizes: Sizes | None = None) -> int:
    """The parts of a text; ``sizes`` where a provider counts every text alike (one, several)."""
    length, fits = _measured(text) if sizes is None else (_units(text), sizes)
    if length <= fits[0]:
        return 1
    return -(-length // fits[1])


def _measured(text: str) -> tuple[int, Sizes]:
    if all(each in _BASIC or each in _ESCAPED for each in text):
        return len(text) + sum(1 for each in text if each in _ESCAPED), GSM
    return _units(text), WIDE


def _units(text: str) -> int:
    """UTF-16 units: an emoji counts twice."""
    return len(text.encode("utf-16-le", "replace")) // 2
