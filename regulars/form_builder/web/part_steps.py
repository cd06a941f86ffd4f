"""Steps of the designer on sections, pages, tabs, lines and notes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder import edits, layout_edits
from regulars.form_builder.edits import Form, StepRefused
from regulars.form_builder.layout import MOST_COLUMNS, kind_of
from regulars.form_builder.web.step_desk import Desk, Make, Posted, Step, part_in
from regulars.platform import i18n

MOST_WORDS = {"note": 2000}


def add_part(kind: str, posted: Posted, desk: Desk) -> Step:
    """A part from the palette: where it was dropped, behind the chosen field, or at the end."""
    words = None
    if kind not in ("columns", "divider"):
        words = i18n.translate(f"forms.new-part.{kind}", desk.locale)
    before, behind = posted.get("before") or None, posted.get("behind") or None

    def step(form: Form) -> Form:
        if kind not in layout_edits.PARTS:
            raise StepRefused("unknown-step")
        spot = behind
        if before is None and behind is None and kind in ("divider", "note"):
            spot = posted.get("after", "").partition(".")[0] or None
        return layout_edits.add_part(form, kind, words, before=before, behind=spot)

    return step


def _change(posted: Posted, desk: Desk) -> Step:
    def step(form: Form) -> Form:
        layout = edits.spread(form)["layout"]
        part = layout[edits.part_at({"layout": layout}, part_in(posted, "part"))]
        kind = kind_of(part)
        changes: dict[str, Any] = {}
        if "title" in posted:
            words = posted["title"].strip()[: MOST_WORDS.get(kind, 200)]
            old = part.get(kind)
            changes[kind] = edits.reworded(None if old is True else old, words, desk.locale)
        if posted.get("columns", "").isdecimal():
            changes["columns"] = max(1, min(MOST_COLUMNS, int(posted["columns"])))
        if posted.get("tone") in ("info", "warning"):
            changes["tone"] = posted["tone"]
        return layout_edits.change_part(form, part["id"], changes)

    return step


def _shift(by: int) -> Make:
    return lambda posted, desk: (
        lambda form: layout_edits.shift_part(form, part_in(posted, "part"), by)
    )


PART_STEPS: Mapping[str, Make] = {
    "part": _change,
    "part-up": _shift(-1),
    "part-down": _shift(1),
    "part-remove": lambda posted, desk: (
        lambda form: layout_edits.remove_part(form, part_in(posted, "part"))
    ),
    "part-move": lambda posted, desk: (
        lambda form: layout_edits.move_part(
            form, part_in(posted, "part"), posted.get("before") or None
        )
    ),
}
