"""What steps of the designer need: who asks, what surrounds the form, where things go. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from regulars.form_builder import edits
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.edits import Form, StepRefused

Posted = MultiDict[str, str]
Step = Callable[[Form], Form]


@dataclass(frozen=True)
class Desk:
    """What a step looks at besides the draft: the other forms, what is published, who asks."""

    forms: Mapping[str, FormDefinition]
    published: FormDefinition | None
    locale: str
    rules: Sequence[tuple[str, str]] = ()  # that a button can start: (key, words)

    def stored(self, ref: str) -> FieldDefinition | None:
        """The published field of this name; records may hold values of it."""
        head, _dot, tail = ref.partition(".")
        found = self.published.find(head) if self.published is not None else None
        if not tail or found is None:
            return found
        return next((each for each in found.fields if each.key == tail), None)


Make = Callable[[Posted, Desk], Step]


def number_in(posted: Posted, name: str) -> int | None:
    """A posted number, None when there is none."""
    text = posted.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 6 else None


def refs_in(posted: Posted) -> list[str]:
    """The fields that were picked out, each once; a script sends them in one line."""
    found = (ref for line in posted.getlist("chosen") for ref in line.split(","))
    return [ref for ref in dict.fromkeys(found) if ref]


def part_in(posted: Posted, name: str) -> int | str:
    """A part of the layout by its number or its id; StepRefused when none is named."""
    text = posted.get(name, "")
    if not text:
        raise StepRefused
    number = number_in(posted, name)
    return text if number is None else number


def place_in(form: Form, posted: Posted) -> tuple[int | str | None, int | None]:
    """The place that was dropped on, else right behind the chosen field, else the end."""
    if posted.get("section"):
        return part_in(posted, "section"), number_in(posted, "position")
    after = posted.get("after", "").partition(".")[0]
    try:
        section, position = edits.place_of(edits.spread(form), after)
    except StepRefused:
        return None, None
    return section, position + 1
