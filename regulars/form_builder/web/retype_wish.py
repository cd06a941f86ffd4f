"""What the page of changing a type posts, as the wish that `retypes.begin` takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.definition import FormDefinition
from regulars.platform.i18n import Text

WITH_DECIMALS = ("number", "money")
SEPARATOR = "/"


def wish_of(posted: Mapping[str, str]) -> dict[str, Any]:
    """The new type with those of its settings that were asked for."""
    wish: dict[str, Any] = {"type": posted.get("type", "")}
    if wish["type"] in WITH_DECIMALS and posted.get("decimals", "").isdecimal():
        wish["decimals"] = int(posted["decimals"])
    if wish["type"] == "link":
        to, _slash, by = posted.get("target", "").partition(SEPARATOR)
        wish |= {"to": to, "by": by}
    return wish


def link_keys(forms: Mapping[str, FormDefinition]) -> list[tuple[str, Text, Text]]:
    """(value to post, form, field) of every field that identifies a record of a form."""
    return [
        (f"{form.key}{SEPARATOR}{each.key}", form.label, each.name)
        for form in forms.values()
        for each in form.fields
        if each.unique or each.type == "serial"
    ]
