"""How the fields of a form are arranged: sections, and the pages, tabs, lines and notes between.

Pure. The layout is one list. A page or a tab holds what follows it, up to the next of its kind
(a page also ends a tab); what stands before the first tab of a page is shown with each of them.
A section without a title that follows a note or a line continues the card above it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regulars.platform.i18n import Text

MARKS = ("page", "tab", "divider", "note")
"""What stands between sections; each is named by the property that holds its words."""
CONTAINERS = ("page", "tab")
MOST_COLUMNS = 4


@dataclass(frozen=True)
class LayoutItem:
    """A section of ``fields`` in ``columns`` columns, or a mark; ``title`` holds its words."""

    title: Text | None = None
    columns: int = 1
    fields: tuple[str, ...] = ()
    kind: str = "section"
    id: str = ""
    tone: str = "info"  # of a note

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> LayoutItem:
        """The item of a JSON object whose shape has been checked."""
        kind = kind_of(raw)
        words = raw.get(kind)
        return cls(
            None if words is True else words,
            int(raw.get("columns", 1)),
            tuple(raw.get("fields", ())),
            kind,
            str(raw.get("id", "")),
            str(raw.get("tone", "info")),
        )


@dataclass(frozen=True)
class Card:
    """Sections and marks that are drawn on one card."""

    items: tuple[LayoutItem, ...]

    @property
    def title(self) -> Text | None:
        """What stands at the head of the card."""
        first = self.items[0]
        return first.title if first.kind == "section" else None


@dataclass(frozen=True)
class Tab:
    """The cards of a tab; without ``item`` those that stand above the tabs of their page."""

    item: LayoutItem | None
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Page:
    """One page: what is always shown on it, then its tabs. ``number`` counts from 1."""

    number: int
    item: LayoutItem | None
    always: tuple[Card, ...]
    tabs: tuple[Tab, ...]

    @property
    def title(self) -> Text | None:
        """What the page is called, if it has a name."""
        return self.item.title if self.item else None

    @property
    def fields(self) -> tuple[str, ...]:
        """The keys of the fields on this page, in order."""
        every = [*self.always, *(card for tab in self.tabs for card in tab.cards)]
        return tuple(key for card in every for item in card.items for key in item.fields)


def kind_of(raw: Mapping[str, Any]) -> str:
    """section, page, tab, divider or note."""
    return next((kind for kind in MARKS if kind in raw), "section")


def layout_of(raw: Iterable[Mapping[str, Any]], keys: Iterable[str]) -> tuple[LayoutItem, ...]:
    """The items as drawn; fields no section names follow in a section of their own."""
    items = [LayoutItem.from_json(each) for each in raw]
    placed = {key for item in items for key in item.fields}
    rest = tuple(key for key in keys if key not in placed)
    if rest:
        items.append(LayoutItem(None, 2, rest))
    return tuple(items)


def only(items: Iterable[LayoutItem], keys: Collection[str]) -> tuple[LayoutItem, ...]:
    """The items with just these fields; sections keep their place also without any."""
    return tuple(
        replace(item, fields=tuple(key for key in item.fields if key in keys)) for item in items
    )


def pages_of(items: Iterable[LayoutItem], shown: Collection[str]) -> list[Page]:
    """The pages with the fields of ``shown``; what would stand empty is left out.

    Without any page in the layout everything is one page without a name. A note or a line alone
    does not make a page or a tab.
    """
    parts = _split(only(items, shown), "page")
    made = [_page(mark, inside) for mark, inside in parts]
    kept = [page for page in made if page.fields]
    return [replace(page, number=number) for number, page in enumerate(kept, start=1)]


def _page(mark: LayoutItem | None, items: Sequence[LayoutItem]) -> Page:
    parts = [
        Tab(tab, _cards(inside)) for tab, inside in _split(items, "tab") if _has_fields(inside)
    ]
    always = tuple(card for tab in parts if tab.item is None for card in tab.cards)
    return Page(0, mark, always, tuple(tab for tab in parts if tab.item is not None))


def _split(
    items: Sequence[LayoutItem], kind: str
) -> list[tuple[LayoutItem | None, list[LayoutItem]]]:
    parts: list[tuple[LayoutItem | None, list[LayoutItem]]] = [(None, [])]
    for item in items:
        if item.kind == kind:
            parts.append((item, []))
        else:
            parts[-1][1].append(item)
    return parts


def _has_fields(items: Iterable[LayoutItem]) -> bool:
    return any(item.fields for item in items)


def _cards(items: Iterable[LayoutItem]) -> tuple[Card, ...]:
    cards: list[list[LayoutItem]] = []
    for item in items:
        if item.kind == "section" and not item.fields:
            continue
        after_mark = bool(cards) and cards[-1][-1].kind != "section"
        continues = item.kind != "section" or (item.title is None and after_mark)
        if cards and continues:
            cards[-1].append(item)
        else:
            cards.append([item])
    return tuple(Card(tuple(each)) for each in cards)
