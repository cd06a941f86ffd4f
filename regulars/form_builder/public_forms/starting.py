"""What a new public form begins with: few fields, so that it is filled in within seconds. Pure."""

from __future__ import annotations

from typing import Any

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.public_forms.definition import is_personal
from regulars.form_builder.public_forms.kind import can_be_asked
from regulars.platform.i18n import LOCALES, translate

Json = dict[str, Any]
FEW = 4
_FIRST = ("name", "mobile", "email")


def first_public_form(form: FormDefinition, key: str) -> Json:
    """A public form of the fields that are needed, and of what tells people apart."""
    person = form.person or {}
    wanted = [person[part] for part in _FIRST[:2] if part in person]
    needed = [f.key for f in form.fields if f.required and f.default is None]
    others = [f.key for f in form.fields if not person]
    asked = [
        each for each in dict.fromkeys((*wanted, *needed, *others[:FEW]))
        if each in form.by_key and can_be_asked(form.by_key[each])
    ]  # fmt: skip
    made: Json = {
        "kind": "public_form", "schema": 1, "key": key, "form": form.key, "fields": asked,
        "label": _words("first-title") if person else form.label,
    }  # fmt: skip
    if person:
        made |= {"welcome": _words("first-welcome"), "required": [e for e in asked if e in wanted]}
    purposes = {
        each: (form.by_key[each].personal or {}).get("purpose") or "membership"
        for each in asked if is_personal(form, form.by_key[each])
    }  # fmt: skip
    if purposes:
        made["purposes"] = purposes
    if person.get("mobile") in asked:
        words = _words("first-consent")
        made["consents"] = [{"purpose": "marketing", "channels": ["sms"], "text": words}]
    return made


def _words(name: str) -> dict[str, str]:
    return {each: translate(f"public-forms.{name}", each) for each in LOCALES}
