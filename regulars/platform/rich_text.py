"""Formatted texts: a small part of HTML that can do nothing, and the same text without any. Pure.

Paragraphs, two sizes of headings, flat lists, strong, emphasis and links to web, mail and
telephone addresses. Whatever comes in is taken apart by a parser that knows what browsers make of
broken HTML, written anew from these parts, and cleaned once more; nothing else is ever kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

import nh3

KEPT = frozenset({"p", "br", "h2", "h3", "ul", "ol", "li", "strong", "em", "a"})
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_HEADINGS = {"h1": "h2", **dict.fromkeys(("h4", "h5", "h6"), "h3")}
_BLOCKS: Mapping[str, str] = {
    "h2": "h2", "h3": "h3", **_HEADINGS,
    **dict.fromkeys(("p", "div", "blockquote", "pre", "section", "article"), "p"),
    **dict.fromkeys(("tr", "dt", "dd"), "p"),
}  # fmt: skip
_INLINE: Mapping[str, str] = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "a": "a"}
_LISTS = ("ul", "ol")
_TAKEN = KEPT | set(_BLOCKS) | set(_INLINE)
_SILENT = frozenset({"script", "style", "template", "title", "noscript", "svg", "math"})
_ADDRESS: Mapping[str, set[str]] = {"a": {"href"}}


class RichText(str):
    """A formatted text: as a string it is the text without format, ``html`` has all of it."""

    __slots__ = ("html",)
    html: str

    def __new__(cls, plain: str, html: str) -> RichText:
        """The text in both forms."""
        made = super().__new__(cls, plain)
        made.html = html
        return made

    def __eq__(self, other: object) -> bool:
        """Two formatted texts are the same when their format is, too."""
        if isinstance(other, RichText):
            return self.html == other.html
        return str.__eq__(self, other) if isinstance(other, str) else False

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __reduce__(self) -> tuple[type[RichText], tuple[str, str]]:
        return (RichText, (str(self), self.html))


def read(text: str) -> RichText:
    """The safe text of HTML, or of plain text with its paragraphs and line breaks."""
    html = text if nh3.is_html(text) else _of_plain(text)
    known = nh3.clean(
        html, tags=set(_TAKEN), clean_content_tags=set(_SILENT), attributes=dict(_ADDRESS),
        url_schemes=set(SCHEMES), url_relative="deny", link_rel=None,
    )  # fmt: skip
    writer = _Writer()
    writer.feed(known)
    writer.finish()
    return RichText("\n".join(writer.lines), clean("".join(writer.made)))


def clean(html: str) -> str:
    """HTML with nothing in it but what `read` writes; links open beside the page."""
    return nh3.clean(
        html, tags=set(KEPT), attributes=dict(_ADDRESS), url_schemes=set(SCHEMES),
        url_relative="deny", link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )  # fmt: skip


def _of_plain(text: str) -> str:
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts if part)


class _Writer(HTMLParser):
    """Writes known HTML anew as blocks side by side: ``made`` with marks, ``lines`` without."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.made: list[str] = []
        self.lines: list[str] = []
        self._list = ""
        self._depth = 0  # lists inside lists are taken as one
        self._block = ""
        self._inside: list[str] = []  # of the open block: its HTML
        self._plain: list[str] = []
        self._open: list[str] = []  # inline marks

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LISTS:
            self._begin_list(tag)
        elif tag == "li":
            self._begin("li" if self._list else "p")
        elif tag in _BLOCKS:
            self._begin("li" if self._list else _BLOCKS[tag])
        elif tag == "br" and self._block:
            self._inside.append("<br>")
            self._plain.append("\n")
        elif tag in _INLINE:
            self._mark(_INLINE[tag], dict(attrs).get("href"))

    def handle_endtag(self, tag: str) -> None:
        if tag in _LISTS:
            self._end_list()
        elif tag == "li" or tag in _BLOCKS:
            self._end()
        elif tag in _INLINE and _INLINE[tag] in self._open:
            while self._open:
                last = self._open.pop()
                self._inside.append(f"</{last}>")
                if last == _INLINE[tag]:
                    break

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data)
        if not self._block:
            if not text.strip():
                return
            self._begin("li" if self._list else "p")
        self._inside.append(escape(text, quote=False))
        self._plain.append(text)

    def finish(self) -> None:
        """Close what is still open."""
        self._end()
        if self._list:
            self.made.append(f"</{self._list}>")

    def _mark(self, tag: str, address: str | None) -> None:
        if tag in self._open or (tag == "a" and not address):
            return
        if not self._block:
            self._begin("li" if self._list else "p")
        self._open.append(tag)
        self._inside.append(f'<a href="{escape(address)}">' if address else f"<{tag}>")

    def _begin_list(self, tag: str) -> None:
        self._end()
        self._depth += 1
        if self._depth == 1:
            self._list = tag
            self.made.append(f"<{tag}>")

    def _end_list(self) -> None:
        self._end()
        self._depth = max(0, self._depth - 1)
        if self._list and not self._depth:
            self._leave_list()

    def _leave_list(self) -> None:
        opened = f"<{self._list}>"
        if self.made[-1] == opened:
            self.made.pop()  # nothing in it
        else:
            self.made.append(f"</{self._list}>")
        self._list = ""

    def _begin(self, tag: str) -> None:
        self._end()
        self._block = tag

    def _end(self) -> None:
        marks = [f"</{tag}>" for tag in reversed(self._open)]
        inside, plain = "".join([*self._inside, *marks]), "".join(self._plain)
        if plain.strip():
            self.made.append(f"<{self._block}>{_trimmed(inside)}</{self._block}>")
            lines = [" ".join(line.split()) for line in plain.strip().split("\n")]
            first = "- " if self._block == "li" else ""
            self.lines += [f"{first}{lines[0]}", *lines[1:]]
        self._block, self._inside, self._plain, self._open = "", [], [], []


def _trimmed(inside: str) -> str:
    """Without line breaks and spaces at either end."""
    return re.sub(r"^(?:\s|<br>)+|(?:\s|<br>)+$", "", inside)
