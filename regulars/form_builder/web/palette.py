"""The palette of the designer: every field type in its group, found by any of its words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.layout_edits import PARTS
from regulars.platform import i18n

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "basic",
        (
            "text",
            "long_text",
            "rich_text",
            "number",
            "money",
            "percent",
            "boolean",
            "date",
            "datetime",
            "time",
            "duration",
        ),
    ),
    ("pick", ("choice", "choices", "cascade", "tags", "rating", "slider")),
    ("contact", ("phone", "email", "address", "location", "url")),
    ("files", ("image", "file", "signature")),
    ("team", ("unit", "member", "members")),
    ("relations", ("link", "links", "related", "lookup", "rollup", "subform")),
    (
        "computed",
        (
            "formula",
            "serial",
            "barcode",
            "button",
            "json",
            "created_at",
            "created_by",
            "updated_at",
            "updated_by",
        ),
    ),
)
PART_ICONS = {
    "section": "rows-3", "columns": "columns-3", "tab": "folder", "page": "file",
    "divider": "minus", "note": "info",
}  # fmt: skip
ICONS = {"long_text": "letter-text", "related": "list-checks", "lookup": "eye", "unit": "store"}


@dataclass(frozen=True)
class PaletteItem:
    """One field type that can be added; ``words`` is what a search looks through."""

    type: str
    icon: str
    title: str
    text: str

    @property
    def words(self) -> str:
        """Everything the item can be found by."""
        return f"{self.title} {self.text} {self.type}".casefold()


def icon_of(type_name: str) -> str:
    """The drawing of a field type."""
    kind = field_types.find(type_name)
    return ICONS.get(type_name) or (kind.icon if kind is not None else "circle-help")


def palette(locale: str) -> list[tuple[str, list[PaletteItem]]]:
    """(group, items) in the order of the designer; types of other builders stand in "more"."""
    placed = {name for _group, names in GROUPS for name in names}
    others = tuple(name for name in field_types.names() if name not in placed)
    groups = [*GROUPS, *((("more", others),) if others else ())]
    fields = [(group, [_item(name, locale) for name in names]) for group, names in groups]
    arrange = ("layout", [_part(kind, locale) for kind in PARTS])
    return [*fields[:1], arrange, *fields[1:]]


def part_icon(kind: str) -> str:
    """The drawing of a part of the layout."""
    return PART_ICONS[kind]


def _part(kind: str, locale: str) -> PaletteItem:
    title = i18n.translate(f"forms.part-kind.{kind}", locale)
    text = i18n.translate(f"forms.part-help.{kind}", locale)
    return PaletteItem(f"part/{kind}", PART_ICONS[kind], title, text)


def _item(name: str, locale: str) -> PaletteItem:
    title = i18n.translate(f"forms.type.{name}", locale)
    text = i18n.translate(f"forms.type-help.{name}", locale)
    return PaletteItem(name, icon_of(name), title, text)
