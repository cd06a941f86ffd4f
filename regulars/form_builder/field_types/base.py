"""What a field type declares: its settings, its value, its column, its words.

A value is *plain* inside the product (str, Decimal, bool, date, aware datetime, frozenset, int id)
and JSON at the borders. ``convert`` turns input into the plain value or raises BadValue.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.expressions.types import TEXT, ValueType
from regulars.platform.problems import Problem
from regulars.platform.registry import Registry

if TYPE_CHECKING:
    from regulars.form_builder.definition import FieldDefinition, FormDefinition

Settings = Mapping[str, Any]


# what `clean_text` takes, as patterns that JSON Schema and ECMAScript read alike
_PRINTABLE = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]"
PRINTABLE = f"^{_PRINTABLE}*$"
NOT_BLANK = r"[^\s\u0000-\u001f\u007f-\u009f]"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # and lone surrogates


class BadValue(ValueError):
    """A value the field does not take; ``code`` has words at ``problems.<code>``."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class Reading:
    """How to read input: whose zone and currency hold, and what day it is."""

    zone: ZoneInfo
    currency: str
    now: datetime
    locale: str = "en"

    @property
    def today(self) -> date:
        """The workspace's calendar day."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True)
class Reference:
    """A link written by a unique key of the target, not yet looked up."""

    field: str
    value: Any


class FieldType:
    """Base of every field type. ``settings`` are the JSON Schema properties it adds to a field."""

    name: ClassVar[str]
    family: ClassVar[str] = ""  # the plain type it is one kind of; "" is itself
    settings: ClassVar[Settings] = {}
    required_settings: ClassVar[tuple[str, ...]] = ()
    writable: ClassVar[bool] = True  # people and imports may give a value
    icon: ClassVar[str] = "type"
    may_be_unique: ClassVar[bool] = True
    companion: ClassVar[str] = ""  # how the column ends that is read along with the value

    def value_type(self, field: FieldDefinition) -> ValueType:
        """The type of this field in expressions."""
        raise NotImplementedError

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        """The columns that hold the value in the form's table; none for derived fields."""
        raise NotImplementedError

    def stored(self, field: FieldDefinition, value: Any) -> dict[str, Any]:
        """The column values that hold a plain value."""
        return {field.key: value}

    def together(self, value: Any, companion: Any) -> Any:
        """The plain value of what stands in its column and in its ``companion`` column."""
        return value

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        """The plain value of JSON or form input; None for nothing; BadValue otherwise."""
        raise NotImplementedError

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        """The plain value of a cell of a spreadsheet or of a form post."""
        cleaned = text.strip()
        return self.convert(field, cleaned, reading) if cleaned else None

    def to_text(self, field: FieldDefinition, value: Any) -> str:
        """A plain value as it stands in its input; `parse_text` reads it again."""
        return str(value)

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        """The plain value as outside clients read it."""
        return value

    def is_own(self, field: FieldDefinition) -> bool:
        """Whether the value belongs to its record, rather than being worked out when asked."""
        return self.writable

    def kept(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        """The plain value that `to_json` wrote once; ValueError where it no longer fits."""
        return self.convert(field, raw, reading)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        """The JSON Schema of one value at the API."""
        raise NotImplementedError

    def json_schema_read(self, field: FieldDefinition) -> dict[str, Any] | None:
        """The JSON Schema of one value as it is read, where its kind does not say it."""
        return None

    def spelling(self, field: FieldDefinition) -> Callable[[str], str] | None:
        """How a text of a condition is written as this field keeps it; None: as it is."""
        return None

    def saying(self, field: FieldDefinition) -> Callable[[Any], str] | None:
        """How the explanation of a condition says a plain value; None: as its kind is said."""
        return None

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        """Problems of the settings that JSON Schema cannot see; paths relative to the field."""
        yield from ()

    def uses_unit(self) -> bool:
        """Whether this field says which unit a record belongs to."""
        return False


Forms = Mapping[str, "FormDefinition"]
field_types: Registry[FieldType] = Registry("field type")


def family_of(type_name: str) -> str:
    """The plain type that a type is one kind of: ``number`` for money, ratings and the like."""
    kind = field_types.find(type_name)
    return (kind.family or type_name) if kind is not None else type_name


class TextLike(FieldType):
    """Shared by types whose value is one text; adds the folded column that filters use."""

    max_length: ClassVar[int] = 500
    multiline: ClassVar[bool] = False

    def value_type(self, field: FieldDefinition) -> ValueType:
        return TEXT

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        made: list[sa.Column[Any]] = [sa.Column(field.key, columns.Text)]
        if not field.exact:
            made.append(sa.Column(f"{field.key}__ci", columns.Text))
        return made

    def stored(self, field: FieldDefinition, value: Any) -> dict[str, Any]:
        if field.exact:
            return {field.key: value}
        return {field.key: value, f"{field.key}__ci": fold(value)}

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        text = clean_text(raw, multiline=self.multiline)
        if text is None:
            return None
        limit = int(field.settings.get("max_length", self.max_length))
        if len(text) > limit:
            raise BadValue("too-long", limit=limit, n=len(text))
        return self.refine(field, text)

    def refine(self, field: FieldDefinition, text: str) -> str:
        """The canonical form of a non-empty text, or BadValue."""
        return text

    def as_kept(self, field: FieldDefinition, text: str) -> str:
        """A text that is looked for, written as this field keeps it, or BadValue."""
        kept = clean_text(text, multiline=self.multiline)
        return self.refine(field, kept) if kept else text

    def spelling(self, field: FieldDefinition) -> Callable[[str], str] | None:
        return partial(self.as_kept, field)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        limit = int(field.settings.get("max_length", self.max_length))
        return {"type": ["string", "null"], "maxLength": limit, "pattern": PRINTABLE}


def clean_text(raw: Any, *, multiline: bool = False) -> str | None:
    """A text without control characters and outer space; empty is None."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise BadValue("not-text")
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        raise BadValue("bad-characters")
    if not multiline:
        text = " ".join(text.split())
    return unicodedata.normalize("NFC", text).strip() or None


def fold(value: str | None) -> str | None:
    """The text by which two spellings count as the same."""
    return None if value is None else value.casefold()
