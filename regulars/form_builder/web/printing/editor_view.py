"""What the layout editor offers: papers, values, rows, pictures, and records to try it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import family_of
from regulars.form_builder.printing.definition import BLOCKS, PAPERS
from regulars.form_builder.printing.kind import PICTURES, rows_of
from regulars.form_builder.web.record_lists import LISTED_SYSTEM
from regulars.form_builder.web.values import field_at_path, system_field, target_of
from regulars.platform.i18n import pick, translate
from regulars.platform.problems import Problem

Choice = tuple[str, str]
Block = Mapping[str, Any]

ICONS: Mapping[str, str] = {
    "text": "type", "fields": "list", "table": "table", "code": "qr-code", "picture": "image",
    "line": "minus", "space": "chevrons-up-down",
}  # fmt: skip
_NO_VALUE = ("subform", "related", "button")
_MOST_FAR = 60


@dataclass(frozen=True)
class EditorView:
    """The choices of the editor for one form and one reader."""

    form: FormDefinition
    catalog: FormCatalog
    locale: str

    @property
    def papers(self) -> list[Choice]:
        """Every paper with its size in words."""
        return [(each, self._t(f"printing.paper.{each}")) for each in PAPERS]

    @property
    def kinds(self) -> list[tuple[str, str, str]]:
        """Every kind of block: its name, words and drawing."""
        return [(each, self._t(f"printing.block.{each}"), ICONS[each]) for each in BLOCKS]

    @property
    def values(self) -> list[Choice]:
        """What can be printed of the record and, one link further, of those it leads to."""
        own = _values(self.form)
        own += [(key, system_field(key)) for key in LISTED_SYSTEM if key not in self.form.by_key]
        found = [(key, self._name(field)) for key, field in own if field is not None]
        return found + self._far(self.form)

    def columns(self, rows: str) -> list[Choice]:
        """What can stand in the columns of a table of ``rows``."""
        inner = self._rows(rows)
        if inner is None:
            return []
        near = [(key, self._name(field)) for key, field in _values(inner)]
        return near + self._far(inner)

    def adds_up(self, rows: str, path: str) -> bool:
        """Whether a column can be added up."""
        inner = self._rows(rows)
        field = field_at_path(inner, path, self.catalog) if inner is not None else None
        return field is not None and family_of(field.type) == "number"

    @property
    def rows(self) -> list[Choice]:
        """The fields that hold or lead to rows."""
        held = [each for each in self.form.fields if self._rows(each.key) is not None]
        return [(each.key, self._name(each)) for each in held]

    @property
    def pictures(self) -> list[Choice]:
        """The fields that hold pictures."""
        return [(e.key, self._name(e)) for e in self.form.fields if e.type in PICTURES]

    def name_of(self, path: str, rows: str = "") -> str:
        """What a value is called; its path when it is not there any more."""
        return dict(self.columns(rows) if rows else self.values).get(path, path)

    def messages(self, problems: list[Problem], number: int) -> list[str]:
        """What is wrong with one block."""
        place = f"blocks/{number}"
        here = [p for p in problems if p.path == place or p.path.startswith(f"{place}/")]
        return list(dict.fromkeys(each.message(self.locale) for each in here))

    def _rows(self, key: str) -> FormDefinition | None:
        field = self.form.find(key)
        return None if field is None else rows_of(self.form, field, self.catalog)

    def _far(self, form: FormDefinition) -> list[Choice]:
        found = []
        for link in form.fields:
            target = self.catalog.forms.get(target_of(link)) if link.type == "link" else None
            for key, field in _values(target) if target is not None else ():
                found.append((f"{link.key}.{key}", f"{self._name(link)} · {self._name(field)}"))
        return found[:_MOST_FAR]

    def _name(self, field: Any) -> str:
        return pick(field.name, self.locale)

    def _t(self, key: str) -> str:
        return translate(key, self.locale)


def _values(form: FormDefinition) -> list[tuple[str, Any]]:
    fields = [each for each in form.fields if each.type not in (*_NO_VALUE, *PICTURES)]
    return [(each.key, each) for each in fields]
