"""Steps of the designer on several fields at once, and what the clipboard brings."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.form_builder import clips, edits
from regulars.form_builder.edits import Form, StepRefused
from regulars.form_builder.web.step_desk import (
    Desk,
    Make,
    Posted,
    Step,
    number_in,
    part_in,
    place_in,
    refs_in,
)
from regulars.platform import i18n
from regulars.platform.errors import Invalid
from regulars.platform.problems import under
from regulars.platform.strict_json import BadJson, parse_json


def removed(form: Form, ref: str, desk: Desk) -> Form:
    """What records may hold values of is put away; what was never published just goes."""
    if desk.stored(ref) is not None:
        return edits.archive_field(form, ref)
    return edits.remove_field(form, ref)


def copied(form: Form, ref: str, desk: Desk) -> Form:
    """The form with a copy of a field that says that it is one."""
    old = edits.field_at(form, ref).get("label")
    name = i18n.pick(old, desk.locale) or ref.rpartition(".")[2]
    words = i18n.translate("forms.copy-of", desk.locale, name=name)
    return edits.duplicate_field(form, ref, edits.reworded(old, words, desk.locale))


def chosen_refs(posted: Posted) -> list[str]:
    """The fields that were picked out; StepRefused without any."""
    found = refs_in(posted)
    if not found:
        raise StepRefused("nothing-chosen")
    return found


def _each(act: str) -> Make:
    turn = {"remove": removed, "copy": copied}[act]

    def make(posted: Posted, desk: Desk) -> Step:
        def step(form: Form) -> Form:
            for ref in clips.in_order(form, chosen_refs(posted)):
                form = turn(form, ref, desk)
            return form

        return step

    return make


def _move(posted: Posted, desk: Desk) -> Step:
    return lambda form: clips.move_fields(
        form, chosen_refs(posted), part_in(posted, "section"), number_in(posted, "position")
    )


def _width(posted: Posted, desk: Desk) -> Step:
    width = max(1, min(4, number_in(posted, "width") or 1))

    def step(form: Form) -> Form:
        for ref in clips.in_order(form, chosen_refs(posted)):
            form = edits.change_field(form, ref, {"width": None if width == 1 else width})
        return form

    return step


def _paste(posted: Posted, desk: Desk) -> Step:
    try:
        clip = parse_json(posted.get("clip", ""))
    except BadJson:
        clip = None
    fields, problems = clips.read_clip(clip)
    if problems:
        raise Invalid(under("clip", problems))
    into = posted.get("into") or None

    def step(form: Form) -> Form:
        section, position = place_in(form, posted)
        return clips.paste(form, fields, section, position, into)

    return step


GROUP_STEPS: Mapping[str, Make] = {
    "move-chosen": _move,
    "remove-chosen": _each("remove"),
    "duplicate-chosen": _each("copy"),
    "width-chosen": _width,
    "paste": _paste,
}
