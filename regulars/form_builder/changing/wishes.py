"""The type a field shall have: settings completed and checked, options made of what is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.changing.conversions import can_convert, possible_types
from regulars.form_builder.changing.ghosts import stored_in
from regulars.form_builder.checks import type_words
from regulars.form_builder.definition import COMMON_KEYS, FieldDefinition
from regulars.form_builder.field_types.base import BadValue, field_types
from regulars.form_builder.field_types.choice import COLORS
from regulars.form_builder.field_types.links import SEPARATORS
from regulars.form_builder.field_types.subform import NESTABLE
from regulars.form_builder.keys import derive_key
from regulars.form_builder.linking import key_column
from regulars.form_builder.outlines import options_of_outline
from regulars.form_builder.schema import field_problems
from regulars.platform import i18n
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

MOST_OPTIONS = 200
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,48}")


def check_wish(
    uow: UnitOfWork, form: str, ref: str, before: Mapping[str, Any], wish: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the field as it shall be, what the conversion needs besides); Invalid with all problems."""
    name = str(wish.get("type", ""))
    old = str(before["type"])
    if name not in field_types or not can_convert(old, name) or before.get("freeze"):
        allowed = [type_words(each) for each in possible_types(old)]
        raise Invalid([Problem("type", "cannot-become", {
            "before": type_words(old), "allowed": allowed})])  # fmt: skip
    if "." in ref and name not in NESTABLE:
        raise Invalid([Problem("type", "not-in-subform", {"type": name})])
    own = {k: v for k, v in wish.items() if k not in ("type", "by", *COMMON_KEYS)}
    after = {**_kept(before, name), "type": name, **_settings(uow, form, ref, before, name, own)}
    problems = [*field_problems(after), *_link_problems(uow, name, wish)]
    if problems:
        raise Invalid(problems)
    return after, {"by": wish["by"]} if name == "link" else {}


def _kept(before: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What all types share stays, as far as the new type can have it."""
    kind = field_types.get(name)
    kept = {key: before[key] for key in COMMON_KEYS if key in before and key != "freeze"}
    if not kind.may_be_unique:
        kept.pop("unique", None)
    if name != before["type"]:
        kept.pop("default", None)
    return kept


def _settings(
    uow: UnitOfWork, form: str, ref: str, before: Mapping[str, Any], name: str,
    own: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    settings = dict(own)
    known = field_types.get(name).settings
    if name == before["type"]:
        shared = {k: v for k, v in before.items() if k not in COMMON_KEYS}
        settings = {**shared, **settings}
    elif "options" in known and "options" in before:
        settings.setdefault("options", before["options"])
    elif name in ("choice", "choices"):
        settings.setdefault("options", _options(uow, form, ref, before, name))
    elif name == "cascade":
        words = _words(uow, form, ref, FieldDefinition.from_json(before))
        ways = "\n".join(word.replace("/", ">") for word in words)
        settings.setdefault("options", options_of_outline(ways, (), "en"))
    if "case" in known and "case" in before:
        settings.setdefault("case", before["case"])
    if name == "number" and before["type"] == "money":
        settings.setdefault("decimals", int(before.get("decimals", 2)))
    return settings


def _options(
    uow: UnitOfWork, form: str, ref: str, before: Mapping[str, Any], name: str
) -> list[dict[str, Any]]:
    """One option per value there is, of several in one text per word; Invalid when too many."""
    if before["type"] == "boolean":
        return _yes_no()
    words = _words(uow, form, ref, FieldDefinition.from_json(before))
    if name == "choices":
        each = (word.strip() for text in words for word in SEPARATORS.split(text))
        words = list({word.casefold(): word for word in each if word}.values())
    if len(words) > MOST_OPTIONS:
        raise Invalid([Problem("type", "too-many-options", {"limit": MOST_OPTIONS})])
    options, taken = [], set[str]()
    for number, word in enumerate(words):
        code = word if _CODE.fullmatch(word) and word not in taken else ""
        code = code or derive_key(word, taken, "option")
        taken.add(code)
        color = COLORS[1 + number % (len(COLORS) - 1)]
        options.append({"value": code, "label": word, "color": color})
    return options


def _words(uow: UnitOfWork, form: str, ref: str, field: FieldDefinition) -> list[str]:
    """Every value of a field as text, case aside, the most frequent first."""
    table_name, column = stored_in(form, ref, field)[0]
    if not column:
        side = sa.table(table_name, sa.column("value"))
        value: Any = side.c.value
    else:
        made = field_types.get(field.type).columns(field)[0].type
        value = sa.table(table_name, sa.column(column, made)).c[column]
    counted = (
        sa.select(value)
        .where(value.is_not(None))
        .group_by(value)
        .order_by(sa.func.count().desc(), value)
        .limit(MOST_OPTIONS * 4)
    )
    words: dict[str, str] = {}
    for found in uow.execute(counted).scalars():
        text = str(field_types.get(field.type).to_json(field, found)) if column else str(found)
        words.setdefault(text.casefold(), text)
    return list(words.values())


def _yes_no() -> list[dict[str, Any]]:
    def words(key: str) -> dict[str, str]:
        return {locale: i18n.translate(key, locale) for locale in i18n.LOCALES}

    return [
        {"value": "yes", "label": words("records.yes"), "color": "green"},
        {"value": "no", "label": words("records.no"), "color": "gray"},
    ]


def _link_problems(uow: UnitOfWork, name: str, wish: Mapping[str, Any]) -> list[Problem]:
    """A link is found by a unique field of the form it leads to."""
    if name != "link":
        return []
    catalog = catalog_of(uow)
    to, by = str(wish.get("to", "")), wish.get("by")
    if to not in catalog.forms:
        return [Problem("to", "unpublished-form", {"form": to})]
    if not isinstance(by, str) or not by:
        return [Problem("by", "required")]
    try:
        column, _canonical, code = key_column(uow, catalog, to, by)
    except BadValue as bad:
        return [Problem("by", bad.code, bad.params)]
    return [] if column is not None else [Problem("by", code, {"field": by, "form": to})]
