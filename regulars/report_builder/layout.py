"""Arranging the cards of a dashboard, as pure steps on its JSON.

Cards stand in reading order; after every step they are placed anew, left to right on twelve
columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = 12
WIDTHS = (3, 4, 6, 8, 12)

Raw = Mapping[str, Any]


def cards_of(dashboard: Raw) -> list[dict[str, Any]]:
    """The cards in reading order."""
    cards = [dict(card) for card in dashboard.get("cards", ())]
    return sorted(cards, key=lambda card: (card.get("y", 0), card.get("x", 0)))


def add_card(dashboard: Raw, report: str, width: int, height: int) -> dict[str, Any]:
    """The report at the end; a report that is already there stays where it is."""
    cards = cards_of(dashboard)
    if all(card["report"] != report for card in cards):
        cards.append({"report": report, "w": width, "h": height})
    return placed(dashboard, cards)


def remove_card(dashboard: Raw, number: int) -> dict[str, Any]:
    """Without the card at this place."""
    cards = cards_of(dashboard)
    return placed(dashboard, [card for n, card in enumerate(cards) if n != number])


def move_card(dashboard: Raw, number: int, by: int) -> dict[str, Any]:
    """The card further to the front (``by`` < 0) or to the back."""
    cards = cards_of(dashboard)
    target = max(0, min(len(cards) - 1, number + by))
    if 0 <= number < len(cards):
        cards.insert(target, cards.pop(number))
    return placed(dashboard, cards)


def resize_card(dashboard: Raw, number: int, by: int) -> dict[str, Any]:
    """The card one width wider (``by`` > 0) or narrower."""
    cards = cards_of(dashboard)
    if 0 <= number < len(cards):
        now = cards[number].get("w", COLUMNS // 2)
        place = max(n for n, width in enumerate(WIDTHS) if width <= max(now, WIDTHS[0]))
        cards[number]["w"] = WIDTHS[max(0, min(len(WIDTHS) - 1, place + by))]
    return placed(dashboard, cards)


def placed(dashboard: Raw, cards: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The dashboard with these cards, each row filled from the left."""
    x = y = tallest = 0
    made = []
    for card in cards:
        width, height = card.get("w", COLUMNS // 2), card.get("h", 4)
        if x + width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        made.append({**card, "x": x, "y": y, "w": width, "h": height})
        x, tallest = x + width, max(tallest, height)
    return {**dashboard, "cards": made}
