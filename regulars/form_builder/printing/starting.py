"""What a new print layout begins with: a first sheet of its form that can be printed at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.platform.i18n import Text

Json = dict[str, Any]

_NOT_FIELDS = ("subform", "related", "links", "button", "json", "long_text", "rich_text")
_PICTURES = ("image", "file", "signature")
_CODES = ("barcode", "serial")
_FEW, _MANY = 6, 24


def first_blocks(form: FormDefinition, paper: str) -> list[Json]:
    """Blocks for a form on a paper: little on a label, the lines on a receipt, all on a page."""
    if paper.startswith("label") or paper == "card":
        return _small(form, paper)
    is_page = paper.startswith("a")
    shown = [each.key for each in _values(form.fields) if each.key not in form.title_paths]
    values = shown[: _MANY if is_page else _FEW]
    blocks: list[Json] = [
        {"block": "text", "text": _title(form), "size": "large" if is_page else "normal",
         "bold": True, "align": "left" if is_page else "center"},
        {"block": "line"},
    ]  # fmt: skip
    if values:
        columns = 2 if is_page else 1
        blocks.append({"block": "fields", "fields": values, "columns": columns, "empty": is_page})
    blocks += [_table(each, most=6 if is_page else 3) for each in form.fields if _has_lines(each)]
    blocks += [
        {"block": "picture", "field": each.key, "height": 30}
        for each in form.fields
        if each.type == "signature"
    ]
    return blocks


def _small(form: FormDefinition, paper: str) -> list[Json]:
    """A name, the value that matters most, and a code where the form has one."""
    is_tiny = paper == "label_40x30"
    code = next((each.key for each in form.fields if each.type in _CODES), None)
    shown = [each.key for each in _values(form.fields) if each.key not in form.title_paths]
    size = "normal" if is_tiny else "large"
    blocks: list[Json] = [{"block": "text", "text": _title(form), "bold": True, "size": size}]
    if shown and not is_tiny:
        more = {"block": "fields", "fields": shown[:2], "empty": False}
        blocks.append({**more, "width": "half"} if code else more)
    if code:
        drawn: Json = {"block": "code", "text": f"{{{code}}}", "as": "qr"}
        beside = {} if is_tiny or not shown else {"width": "half", "align": "right"}
        blocks.append({**drawn, **beside})
    return blocks


def _title(form: FormDefinition) -> Text:
    return form.title or form.label


def _values(fields: Iterable[FieldDefinition]) -> list[FieldDefinition]:
    return [each for each in fields if each.type not in (*_NOT_FIELDS, *_PICTURES)]


def _has_lines(field: FieldDefinition) -> bool:
    return field.type == "subform"


def _table(field: FieldDefinition, *, most: int) -> Json:
    """What it is, how many, and what it costs; all that has room where there is much."""
    fields = _values(field.fields)
    amounts = [each.key for each in fields if _is_amount(each)][-1:]
    others = [each.key for each in fields if each.key not in amounts]
    counts = [each.key for each in fields if each.type == "number"][:1]
    first = [key for key in others if key not in counts]
    chosen = {*first[: most - len(counts) - len(amounts)], *counts, *amounts}
    columns = [each.key for each in fields if each.key in chosen]
    table: Json = {"block": "table", "rows": field.key, "fields": columns}
    return {**table, "total": amounts} if amounts else table


def _is_amount(field: FieldDefinition) -> bool:
    return field.type == "money" or field.settings.get("result") == "money"
