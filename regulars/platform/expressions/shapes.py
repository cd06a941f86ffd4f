"""What expressions know about forms: the types of their fields and how they hang together.

The form builder makes these from form definitions; a subform's rows are a form of their own named
``orders.items`` whose records point to the parent by the system field ``parent``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regulars.platform.expressions.types import Kind, ValueType

if TYPE_CHECKING:
    from regulars.platform.expressions.tree import Node


@dataclass(frozen=True)
class FieldShape:
    """One field as expressions see it.

    A ROWS field holds the records of ``type.form`` whose link field ``via`` points here, in
    ``order`` (field keys, ``-`` for descending). With ``through`` those rows only connect: what is
    meant are the records that their link ``through`` points to, and ``order`` is theirs where that
    link is the rows' ``parent``. A derived field has its ``formula`` tree and no
    column. ``exact`` text compares with upper and lower case apart; other text has a folded
    column ``<key>__ci`` and compares without case. ``spell`` writes a text as the field keeps it
    (a phone number, the minutes of a time) and raises ValueError where it cannot; ``say`` is the
    way back, for values that are not said as their kind is. ``label`` is the owner's word for it.
    """

    key: str
    type: ValueType
    via: str | None = None
    order: tuple[str, ...] = ()
    through: str = ""
    formula: Node | None = None
    exact: bool = False
    unique: bool = False  # no two records share a value, so that it can name one
    spell: Callable[[str], str] | None = field(default=None, compare=False, repr=False)
    say: Callable[[Any], str] | None = field(default=None, compare=False, repr=False)
    label: Any = None  # i18n.Text
    option_labels: Mapping[str, Any] = field(default_factory=dict)  # code -> i18n.Text


@dataclass(frozen=True)
class FormShape:
    """One form as expressions see it, with its system fields (id, version, created_at, …)."""

    key: str
    fields: Mapping[str, FieldShape]
    label: Any = None
    is_person: bool = False

    def field(self, key: str) -> FieldShape | None:
        """The field with this key, or None."""
        return self.fields.get(key)


@dataclass(frozen=True)
class Shapes:
    """All forms of a workspace, by key (subforms as ``orders.items``)."""

    forms: Mapping[str, FormShape]

    def find(self, key: str) -> FormShape | None:
        """The form with this key, or None."""
        return self.forms.get(key)

    def step(self, form: FormShape, key: str) -> tuple[FieldShape | None, FormShape | None]:
        """One step of a path: the field, and the form it leads to when it is a link or rows."""
        found = form.field(key)
        if found is None or found.type.kind not in (Kind.LINK, Kind.ROWS) or not found.type.form:
            return found, None
        there = self.find(found.type.form)
        if found.through and there is not None:
            return found, self.step(there, found.through)[1]
        return found, there
