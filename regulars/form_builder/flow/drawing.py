"""The picture of a form's states: boxes one below the other, and arrows beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regulars.form_builder.flow.definition import Workflow

WIDTH = 340
BOX_X, BOX_WIDTH, BOX_HEIGHT, GAP, EDGE = 80, 180, 40, 32, 8
FURTHEST = 68


@dataclass(frozen=True)
class Box:
    """One state. ``y`` is its upper edge."""

    value: str
    y: int

    @property
    def middle(self) -> int:
        """Its middle, from above."""
        return self.y + BOX_HEIGHT // 2


@dataclass(frozen=True)
class Arrow:
    """One way as the path of a line; ``kind`` is way, approved or returned."""

    path: str
    kind: str


@dataclass(frozen=True)
class Picture:
    """Everything to be drawn, and its height."""

    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    height: int


def picture_of(flow: Workflow) -> Picture:
    """The states in the owner's order: onward on the right, back on the left."""
    step = BOX_HEIGHT + GAP
    boxes = [Box(each.value, EDGE + n * step) for n, each in enumerate(flow.states)]
    places = {each.value: n for n, each in enumerate(boxes)}
    arrows = [
        Arrow(_path(boxes, places[before], places[after]), kind)
        for before, after, kind in dict.fromkeys(_edges(flow))
        if before in places and after in places and before != after
    ]
    return Picture(boxes, arrows, 2 * EDGE + len(boxes) * step - GAP)


def _edges(flow: Workflow) -> Iterator[tuple[str, str, str]]:
    for way in flow.transitions:
        yield from ((origin, way.to, "way") for origin in way.origins)
    for state in flow.states:
        if state.approval is not None:
            yield state.value, state.approval.approved, "approved"
            yield from ((state.value, each, "returned") for each in state.approval.returned)


def _path(boxes: Sequence[Box], before: int, after: int) -> str:
    start, end = boxes[before], boxes[after]
    if after == before + 1:
        x = BOX_X + BOX_WIDTH // 2
        return f"M {x} {start.y + BOX_HEIGHT} L {x} {end.y - 3}"
    reach = min(FURTHEST, 22 + 14 * abs(after - before))
    if after > before:
        x, bend = BOX_X + BOX_WIDTH, BOX_X + BOX_WIDTH + reach
        stop = x + 3
    else:
        x, bend = BOX_X, BOX_X - reach
        stop = x - 3
    return f"M {x} {start.middle} C {bend} {start.middle} {bend} {end.middle} {stop} {end.middle}"
