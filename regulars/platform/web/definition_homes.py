"""Where the pages of each kind of definition are, so that pages of all kinds can lead there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for

from regulars.platform.registry import Registry


@dataclass(frozen=True)
class DefinitionHome:
    """The endpoints of one kind: its list, one definition, its editor; ``key`` is their argument.

    ``title`` is the catalog key of the list's name, ``review`` where a draft is looked over
    before it is published (the editor, when there is none).
    """

    kind: str
    index: str
    title: str
    show: str
    edit: str
    key: str = "key"
    review: str = ""


definition_homes: Registry[DefinitionHome] = Registry("home of a kind of definition")


def index_url(kind: str) -> str:
    """The list of a kind."""
    return url_for(definition_homes.get(kind).index)


def show_url(kind: str, key: str, field: str = "") -> str:
    """The page of one definition, at one of its fields; "" for a kind without pages."""
    home = definition_homes.find(kind)
    if home is None or home.show not in current_app.view_functions:
        return ""
    values: dict[str, Any] = {home.key: key}
    if field:
        values["field"] = field
    return url_for(home.show, **values)


def edit_url(kind: str, key: str) -> str:
    """The editor of one definition."""
    home = definition_homes.get(kind)
    values: dict[str, Any] = {home.key: key}
    return url_for(home.edit, **values)


def review_url(kind: str, key: str) -> str:
    """Where a draft is looked over before it is published."""
    home = definition_homes.get(kind)
    values: dict[str, Any] = {home.key: key}
    return url_for(home.review or home.edit, **values)
