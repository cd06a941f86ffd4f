"""What the designer shows: sections of cards, problems beside them, the settings of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder import edits, service, undo
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.edits import StepRefused
from regulars.form_builder.layout import CONTAINERS, LayoutItem
from regulars.form_builder.web.button_cells import offered_rules
from regulars.form_builder.web.entries import Entry
from regulars.form_builder.web.palette import PaletteItem, icon_of, palette
from regulars.form_builder.web.step_desk import Desk
from regulars.form_builder.web.steps import subject_of
from regulars.form_builder.web.widgets import Subject, Widget, widgets_of
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.definitions.uses import Use
from regulars.platform.problems import Problem

TABS = ("fields", "preview", "json")


@dataclass(frozen=True)
class Card:
    """One field on the canvas. ``ref`` names it in steps: ``price``, or ``items.price``."""

    ref: str
    field: FieldDefinition
    problems: Sequence[Problem]
    is_selected: bool = False
    columns: Sequence[Card] = ()

    @property
    def icon(self) -> str:
        """The drawing of its type."""
        return icon_of(self.field.type)

    @property
    def preview(self) -> Entry:
        """The input as people will see it."""
        return preview_entry(self.field, f"preview/{self.ref.replace('.', '-')}")


@dataclass(frozen=True)
class CanvasPart:
    """A part of the layout on the canvas; only sections have ``cards``."""

    item: LayoutItem
    number: int
    cards: list[Card]
    in_tab: bool
    is_only: bool  # the only section of the form

    @property
    def can_go(self) -> bool:
        """Whether it may be taken away: one section always stays."""
        return self.item.kind != "section" or not self.is_only


@dataclass(frozen=True)
class Panel:
    """The settings of the chosen field. ``errors`` are messages by setting."""

    card: Card
    subject: Subject
    widgets: list[Widget]
    problems: Mapping[str, list[Problem]]


@dataclass(frozen=True)
class Asking:
    """Fields that something uses, and that shall go: asked once more before they do."""

    refs: Sequence[str]
    do: str
    uses: Sequence[Use]


@dataclass(frozen=True)
class Designer:
    """Everything on the designer's page."""

    draft: Draft
    form: FormDefinition
    parts: list[CanvasPart]
    problems: Sequence[Problem]
    form_problems: Mapping[str, list[Problem]]
    panel: Panel | None
    tab: str
    undo_steps: int
    redo_steps: int
    n_changes: int
    said: str = ""  # what the last step did, for those who listen
    asking: Asking | None = None
    written: str | None = None  # the definition as somebody typed it, when it was refused
    groups: list[tuple[str, list[PaletteItem]]] = field(default_factory=list)

    @property
    def selected(self) -> str:
        """The chosen field's reference, or nothing."""
        return self.panel.card.ref if self.panel else ""


def desk_of(uow: UnitOfWork, access: Access, key: str) -> Desk:
    """What steps on this form need to know."""
    published = snapshot(uow).find("form", key)
    rules = [(rule, i18n.pick(label, access.locale)) for rule, label in offered_rules(uow, key)]
    return Desk(catalog_of(uow).forms, published, access.locale, rules)


def designer_of(
    uow: UnitOfWork, access: Access, key: str, selected: str, tab: str = "fields"
) -> Designer:
    """The designer with one field chosen (or none)."""
    access.require(service.CAPABILITY)
    draft = store.get_draft(uow, "form", key)
    raw = edits.spread(draft.raw)
    problems = service.draft_problems(uow, key) if draft.changed else []
    placed = _by_field(draft.raw, problems)
    undo_steps, redo_steps = undo.depths(uow, key)
    cards = _cards(raw, placed, selected)
    form = FormDefinition.from_json(raw)
    return Designer(
        draft=draft,
        form=form,
        parts=_parts(form, cards),
        problems=problems,
        form_problems=placed.get("", {}),
        panel=_panel(raw, cards, selected, desk_of(uow, access, key), placed),
        tab=tab if tab in TABS else "fields",
        undo_steps=undo_steps,
        redo_steps=redo_steps,
        n_changes=len(service.pending_changes(uow, key)),
        groups=palette(access.locale),
    )


def preview_entry(field: FieldDefinition, name: str) -> Entry:
    """An input that only shows itself; links offer nothing here."""
    answer: Any = [] if field.has_side or field.has_rows else ""
    if field.has_rows:
        row = tuple(preview_entry(each, f"{name}/0/{each.key}") for each in field.fields)
        return Entry(field, name, answer, rows=(row,), row_ids=("",), blank=row)
    if isinstance(field.default, str) and field.type in ("choice", "text", "number", "money"):
        answer = field.default
    return Entry(field, name, answer)


Placed = dict[str, dict[str, list[Problem]]]


def _by_field(raw: Mapping[str, Any], problems: Sequence[Problem]) -> Placed:
    """Field reference ("" for the form itself) → the place within it → its problems."""
    placed: Placed = {}
    for problem in problems:
        ref, rest = _ref_of(raw["fields"], problem.path.split("/"))
        placed.setdefault(ref, {}).setdefault("/".join(rest), []).append(problem)
    return placed


def _ref_of(fields: Sequence[Mapping[str, Any]], parts: list[str]) -> tuple[str, list[str]]:
    if len(parts) < 2 or parts[0] != "fields" or not parts[1].isdecimal():
        return "", parts
    if int(parts[1]) >= len(fields):
        return "", parts
    found = fields[int(parts[1])]
    inner, rest = _ref_of(found.get("fields", ()), parts[2:])
    key = str(found["key"])
    return (f"{key}.{inner}", rest) if inner else (key, parts[2:])


def _cards(raw: Mapping[str, Any], placed: Placed, selected: str) -> dict[str, Card]:
    cards: dict[str, Card] = {}
    for each in raw["fields"]:
        card = _card(FieldDefinition.from_json(each), "", placed, selected)
        cards[card.ref] = card
    return cards


def _card(field: FieldDefinition, parent: str, placed: Placed, selected: str) -> Card:
    ref = f"{parent}.{field.key}" if parent else field.key
    columns = tuple(_card(each, ref, placed, selected) for each in field.fields)
    own = [problem for some in placed.get(ref, {}).values() for problem in some]
    inner = [problem for column in columns for problem in column.problems]
    return Card(ref, field, [*own, *inner], ref == selected, columns)


def _parts(form: FormDefinition, cards: Mapping[str, Card]) -> list[CanvasPart]:
    parts, in_tab = [], False
    n_sections = sum(item.kind == "section" for item in form.layout)
    for number, item in enumerate(form.layout):
        held = [cards[key] for key in item.fields if key in cards]
        in_tab = in_tab and item.kind not in CONTAINERS
        parts.append(CanvasPart(item, number, held, in_tab, n_sections == 1))
        in_tab = in_tab or item.kind == "tab"
    return parts


def _panel(
    raw: Mapping[str, Any], cards: Mapping[str, Card], selected: str, desk: Desk, placed: Placed
) -> Panel | None:
    if not selected:
        return None
    try:
        subject = subject_of(raw, selected, desk)
    except StepRefused:
        return None
    outer = cards[selected.partition(".")[0]]
    card = next((c for c in (outer, *outer.columns) if c.ref == selected), outer)
    return Panel(card, subject, widgets_of(subject), placed.get(selected, {}))
