"""Changes of the views in a form's definition. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from regulars.form_builder.edits import Form, Json, StepRefused, any_words, spread
from regulars.form_builder.keys import derive_key


def add_view(raw: Form, view: Mapping[str, Any]) -> Json:
    """The form with one more saved view; its key is spelled from its label."""
    form = spread(raw)
    views = form.setdefault("views", [])
    key = derive_key(any_words(view.get("label")), {each["key"] for each in views}, "view")
    views.append({"key": key, **copy.deepcopy(dict(view))})
    return form


def replace_view(raw: Form, view: Mapping[str, Any]) -> Json:
    """The form with another view in the place of the one of the same key."""
    form = spread(raw)
    views = form.get("views", [])
    if not any(each["key"] == view["key"] for each in views):
        raise StepRefused
    changed = copy.deepcopy(dict(view))
    form["views"] = [changed if each["key"] == view["key"] else each for each in views]
    return form


def remove_view(raw: Form, key: str) -> Json:
    """The form without a saved view."""
    form = spread(raw)
    left = [view for view in form.get("views", ()) if view["key"] != key]
    if len(left) == len(form.get("views", ())):
        raise StepRefused
    if left:
        form["views"] = left
    else:
        form.pop("views", None)
    return form
