"""Which encoding the bytes of a text file are in. Pure.

A byte-order mark decides; else UTF-8 if the whole file is valid UTF-8; else UTF-16 without a mark
(every second byte empty); else of the Chinese encodings the one whose common characters occur
most; else Western European, which reads anything.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1024 * 1024

# What people may choose from, in the order they are offered.
ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16", "cp1252")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class _Script:
    """A two-byte encoding and the lead bytes of its everyday characters."""

    encoding: str
    everyday: tuple[int, int]
    is_pair: Callable[[int, int], bool]


_SCRIPTS = (
    _Script("gb18030", (0xB0, 0xD7), lambda a, b: 0x81 <= a <= 0xFE and 0x40 <= b <= 0xFE),
    _Script(
        "big5",
        (0xA4, 0xC6),
        lambda a, b: 0xA1 <= a <= 0xF9 and (0x40 <= b <= 0x7E or 0xA1 <= b <= 0xFE),
    ),
)


def guess_encoding(path: Path) -> str:
    """The name of the codec that reads this file."""
    with path.open("rb") as stream:
        head = stream.read(BLOCK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    bare = _utf16_without_mark(head)
    if bare:
        return bare
    if _is_valid(path, "utf-8"):
        return "utf-8"
    telling = _telling_lines(path)
    if _is_damaged_utf8(telling):
        return "utf-8"
    return _chinese(path, telling) or "cp1252"


def canonical_encoding(name: str) -> str | None:
    """The codec people mean by ``GBK``, ``ansi`` or ``UTF-8``; None when there is none."""
    folded = name.strip().lower().replace("_", "-")
    if folded in ("gbk", "gb2312", "cp936", "gb18030"):
        return "gb18030"
    if folded in ("ansi", "latin-1", "latin1", "iso-8859-1", "windows-1252", "cp1252"):
        return "cp1252"
    try:
        info = codecs.lookup(folded)
    except LookupError:
        return None
    return info.name if getattr(info, "_is_text_encoding", True) else None


def has_undecodable(path: Path, encoding: str) -> bool:
    """Whether some bytes mean nothing in ``encoding`` (their lines will be refused)."""
    return not _is_valid(path, encoding)


def _is_valid(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _telling_lines(path: Path) -> bytes:
    """Lines with bytes beyond ASCII, up to one block: only they tell encodings apart."""
    found: list[bytes] = []
    size = 0
    with path.open("rb") as stream:
        for line in stream:
            if not line.isascii():
                found.append(line)
                size += len(line)
                if size > BLOCK:
                    break
    return b"".join(found)


def _is_damaged_utf8(telling: bytes) -> bool:
    """UTF-8 with a few broken bytes in it: nearly everything beyond ASCII decodes."""
    text = telling.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    sound = sum(not character.isascii() for character in text) - broken
    return sound > 10 * broken


def _utf16_without_mark(head: bytes) -> str | None:
    pairs = len(head) // 2
    if pairs < 2:
        return None
    if head[1::2].count(0) > pairs * 0.4 and head[0::2].count(0) < pairs * 0.1:
        return "utf-16-le"
    if head[0::2].count(0) > pairs * 0.4 and head[1::2].count(0) < pairs * 0.1:
        return "utf-16-be"
    return None


def _chinese(path: Path, head: bytes) -> str | None:
    """The better of the two Chinese encodings, if either looks like everyday writing."""
    scored = [(_everyday_share(head, script), script.encoding) for script in _SCRIPTS]
    share, encoding = max(scored)
    if share < 0.6:
        return None
    other = next(script.encoding for script in _SCRIPTS if script.encoding != encoding)
    rivals = {name: value for value, name in scored}
    if not _is_valid(path, encoding) and rivals[other] >= 0.6 and _is_valid(path, other):
        return other
    return encoding


def _everyday_share(head: bytes, script: _Script) -> float:
    low, high = script.everyday
    everyday = others = 0
    position, end = 0, len(head) - 1
    while position < end:
        first = head[position]
        if first < 0x80:
            position += 1
            continue
        if script.is_pair(first, head[position + 1]):
            everyday += low <= first <= high
            others += not low <= first <= high
            position += 2
        else:
            others += 2  # a byte this encoding cannot begin a character with
            position += 1
    return everyday / (everyday + others) if everyday else 0.0
