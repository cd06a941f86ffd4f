"""What the composer offers for choice: fields, records, texts, dates; titles are the owner's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.cascade import choosable
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.web.filters import offered_ops
from regulars.platform import i18n
from regulars.platform.expressions.types import Kind
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.explain import step_words
from regulars.rule_engine.scope import SUBJECT
from regulars.rule_engine.speaking import Speaker
from regulars.rule_engine.web.composing.scopes import (
    Reached,
    Where,
    field_at,
    reached,
    scope_at,
    where_of,
)

Option = tuple[str, str]
_DATES = (Kind.DATE, Kind.DATETIME)
_UNFILLED = ("subform", *FILE_TYPES)


@dataclass(frozen=True)
class Offering:
    """What may be chosen in one rule."""

    rule: Rule
    raw: Mapping[str, Any]
    say: Speaker

    @property
    def catalog(self) -> FormCatalog:
        """The forms the rule may speak of."""
        return self.say.catalog

    def where(self, place: str) -> Where:
        """What a condition at a place is about."""
        return where_of(self.rule, self.raw, self.catalog, place)

    def around(self, path: str) -> Where:
        """What a step at a path may speak of."""
        return Where(self.rule.subject, scope_at(self.rule, self.catalog, path))

    # Fields

    def compared(self, where: Where) -> list[Option]:
        """The fields a condition may compare."""
        return [
            (r.path, self._title(r)) for r in reached(self.catalog, where) if offered_ops(r.field)
        ]

    def field(self, where: Where, path: str) -> FieldDefinition | None:
        """The field at a path."""
        found = field_at(self.catalog, where, path)
        return found.field if found else None

    def ops(self, where: Where, path: str) -> list[Option]:
        """The comparisons a field offers."""
        found = self.field(where, path)
        names = offered_ops(found) if found else ()
        locale, of = self.say.locale, found.type if found else ""
        return [
            (op, i18n.find_text(f"rules.op.{op}.{of}", locale) or self._t(f"rules.op.{op}"))
            for op in names
        ]

    def options(self, field: FieldDefinition | None) -> list[tuple[str, str, str]]:
        """The options of a choice or tags field, each with room for a help text."""
        return [
            (code, i18n.pick(each.get("label"), self.say.locale) or code, "")
            for code, each in (field.options.items() if field else ())
        ]

    def values(self, field: FieldDefinition, *, whole: bool = False) -> list[Option]:
        """The options of a cascade; ``whole`` are those that a record may have."""
        offered = choosable(field) if whole else field.options
        return [(code, words) for code, words, _help in self.options(field) if code in offered]

    def kind(self, field: FieldDefinition | None) -> str:
        """What a field holds."""
        return _kind(field).value if field else ""

    def fields(self, form_key: str, *kinds: Kind) -> list[Option]:
        """The fields of a form that hold one of these kinds."""
        form = self.catalog.forms.get(form_key)
        return [(e.key, self._name(e)) for e in _fields(form) if not kinds or _kind(e) in kinds]

    def sayable(self) -> list[Option]:
        """The subject's fields that may stand in words: no lists of other records."""
        return self.fields(self.rule.subject, *(each for each in Kind if each is not Kind.ROWS))

    def dates(self) -> list[Option]:
        """The subject's dates."""
        return self.fields(self.rule.subject, *_DATES)

    def changed(self, form_key: str) -> list[Option]:
        """The fields whose change may start a rule."""
        form = self.catalog.forms.get(form_key)
        return [(e.key, self._name(e)) for e in _fields(form) if field_types.get(e.type).writable]

    def fillable(self, form_key: str) -> list[Option]:
        """The fields of a form that a step may fill."""
        return [
            (key, title)
            for key, title in self.changed(form_key)
            if self.catalog.forms[form_key].by_key[key].type not in _UNFILLED
        ]

    def paths(self, path: str, target: FieldDefinition) -> list[Option]:
        """What a step may take a field's value from: records and fields that hold the like."""
        where, wanted = self.around(path), field_types.get(target.type).value_type(target)
        found: list[Option] = []
        if wanted.kind is Kind.LINK:
            named = {SUBJECT: self.rule.subject, **where.names}
            found += [(n, self.say.form(f)) for n, f in named.items() if f == wanted.form]
        for each in reached(self.catalog, where):
            own = field_types.get(each.field.type).value_type(each.field)
            same = own.kind is wanted.kind and own.form == wanted.form
            if same or (wanted.kind is Kind.TEXT and own.kind is Kind.CHOICE):
                found.append((each.path, self._title(each)))
        return found

    def moments(self, path: str) -> list[Option]:
        """The dates a step may wait for."""
        where = self.around(path)
        return [
            (r.path, self._title(r))
            for r in reached(self.catalog, where)
            if _kind(r.field) in _DATES
        ]

    def records(self, path: str, *, tags: bool = False, people: bool = False) -> list[Option]:
        """The records a step may be about: the subject, named ones, and where they link to."""
        where = self.around(path)
        found = [(SUBJECT, self.say.form(self.rule.subject))]
        found += [(name, self.say.form(form)) for name, form in where.names.items()]
        for each in reached(self.catalog, where):
            if each.field.type == "link":
                found.append((each.path, self._title(each)))
        forms = {p: self.form_at(path, p) for p, _title in found}
        return [
            (p, title)
            for p, title in found
            if (form := forms[p]) is not None
            and (not tags or any(e.has_side for e in form.fields))
            and (not people or form.person is not None)
        ]

    def form_at(self, path: str, to: str) -> FormDefinition | None:
        """The form of the record that a path from a step leads to."""
        where = self.around(path)
        named = {SUBJECT: self.rule.subject, **where.names}
        if to in named:
            return self.catalog.forms.get(named[to])
        found = field_at(self.catalog, where, to)
        return self.catalog.forms.get(str(found.field.settings.get("to", ""))) if found else None

    def tags_fields(self, form_key: str) -> list[Option]:
        """The tags fields of a form."""
        form = self.catalog.forms.get(form_key)
        return [(e.key, self._name(e)) for e in _fields(form) if e.has_side]

    # Related records

    def since(self, where: Where) -> list[Option]:
        """Dates of related records: what "nothing for 30 days" may look at."""
        return [
            (f"{relation.key}.{each.key}", f"{self._name(relation)} · {self._name(each)}")
            for relation, each in self._dated(where)
        ]

    def _dated(self, where: Where) -> Iterator[tuple[FieldDefinition, FieldDefinition]]:
        """Each list of related records with each date in them."""
        for relation, form in self._relations(where.form):
            for each in form.fields:
                if _kind(each) in _DATES:
                    yield relation, each

    def never(self, where: Where, row: Mapping[str, Any]) -> str:
        """The question about people with none of the records a row looks at."""
        names = {
            relation.key: self.say.form(str(relation.settings["from"]))
            for relation, _date in self._dated(where)
        }
        chosen = row.get("of") if len(names) > 1 else next(iter(names), None)
        if chosen not in names:
            return self._t("rules.silent-never-ask-any")
        return self._t("rules.silent-never-ask", what=names[chosen])

    def related(self, where: Where) -> list[str]:
        """The forms whose records may be counted."""
        return [form.key for _relation, form in self._relations(where.form)]

    def measures(self, where: Where) -> list[Option]:
        """What may be counted, added up or averaged over related records."""
        found: list[Option] = []
        for relation, form in self._relations(where.form):
            name = self._name(relation)
            found.append((relation.key, self._t("rules.measure-count", what=name)))
            for each in form.fields:
                if _kind(each) is Kind.NUMBER:
                    found += [
                        (
                            f"{relation.key}.{how}:{each.key}",
                            self._t(f"rules.measure-{how}", what=name, field=self._name(each)),
                        )
                        for how in ("sum", "avg", "min", "max")
                    ]
        return found

    def measured_by(self, where: Where) -> list[Option]:
        """The dates by which "in the last n days" may go."""
        seen: dict[str, str] = {}
        for value, title in self.since(where):
            seen.setdefault(value.partition(".")[2], title)
        return list(seen.items())

    def about(self) -> list[Option]:
        """Records that point to the subject, and the subject itself: ``orders:customer``."""
        subject = self.rule.subject
        found = [(f"{subject}:", self.say.form(subject))]
        for form_key, each in self.catalog.links_to(subject):
            if "." not in form_key:
                found.append((f"{form_key}:{each.key}", self._about(form_key, each)))
        return found

    def looped(self) -> list[Option]:
        """Records that a step may go over: those that point to the subject, then all forms."""
        near = self.about()[1:]
        known = {value.partition(":")[0] for value, _title in near} | {self.rule.subject}
        return near + [(f"{k}:", self.say.form(k)) for k in self.catalog.forms if k not in known]

    def looped_forms(self) -> list[str]:
        """The forms of the records that a step may take in turn."""
        return [value.partition(":")[0] for value, _title in self.looped()]

    def only(self, part: Mapping[str, Any], forms: Iterable[str]) -> list[Option]:
        """Which records of these forms may be meant: by each option of their choices."""
        found: list[Option] = [("", self._t("rules.only-any"))]
        if part.get("where") and not self.only_value(part):
            found.append(("keep", self._t("rules.only-keep")))
        for form in [self.catalog.forms[key] for key in dict.fromkeys(forms)]:
            for each in form.fields:
                if each.type == "choice":
                    found += [
                        (f"{form.key}.{each.key}={value}", f"{self.say.form(form.key)} · {title}")
                        for value, title, _help in self.options(each)
                    ]
        return found

    def only_value(self, part: Mapping[str, Any]) -> str:
        """The choice that a ``where`` is about; "" when it is none or something else."""
        where = part.get("where") or {}
        if set(where) != {"field", "op", "value"} or where["op"] != "is":
            return ""
        subject = self.catalog.forms.get(self.rule.subject)
        form = part.get("form")
        if form is None:
            relation = subject.find(str(part.get("of", ""))) if subject else None
            form = relation.settings.get("from") if relation else self.rule.subject
        return f"{form}.{where['field']}={where['value']}"

    def only_chosen(self, part: Mapping[str, Any]) -> str:
        """What the input shows: the choice, or that something else is kept."""
        return self.only_value(part) or ("keep" if part.get("where") else "")

    # Names

    def rules(self, *, mirrors: bool) -> list[Option]:
        """The published tag rules, or the other journeys about the same records."""
        found = self.say.snapshot.all("rule").items()
        return [
            (key, i18n.pick(rule.label, self.say.locale))
            for key, rule in found
            if rule.is_mirror is mirrors and not rule.is_report and key != self.rule.key
        ]

    def mirror_values(self, key: str) -> list[Option]:
        """The values that a tag rule keeps."""
        mirror: Rule | None = self.say.snapshot.find("rule", key)
        if mirror is None or mirror.sets is None or not mirror.sets.choose:
            return []
        form = self.catalog.forms.get(mirror.subject)
        field = form.find(mirror.sets.field) if form else None
        return [(value, title) for value, title, _help in self.options(field)]

    def sending_steps(self) -> list[Option]:
        """The steps that send a message."""
        return self._steps("send_message")

    def asking_steps(self) -> list[Option]:
        """The steps that ask somebody."""
        return self._steps("create_task", "approval")

    def forms(self) -> list[Option]:
        """Every form."""
        return [(key, self.say.form(key)) for key in self.catalog.forms]

    def entry_keys(self) -> list[Option]:
        """What makes a new round: the usual, the newest related record, or a formula kept."""
        found = [("", self._t("rules.entry-key-usual"))]
        for relation, _form in self._relations(self.rule.subject):
            words = self._t("rules.entry-key-newest", what=self._name(relation))
            found.append((f"LAST({relation.key}).id", words))
        if self.rule.trigger.on in ("record_created", "record_updated", "form_submitted"):
            form = self.say.form(self.rule.trigger.form or self.rule.subject)
            found.append(("trigger.id", self._t("rules.entry-key-record", form=form)))
        for field in self.catalog.forms[self.rule.subject].fields:
            if field.type == "choice":
                words = self._t("rules.entry-key-value", what=self._name(field))
                found.append((field.key, words))
        key = self.rule.entry.key or ""
        if key not in dict(found):
            found.append((key, self.say.field(self.rule.subject, key)))
        return found

    def _steps(self, *kinds: str) -> list[Option]:
        return [
            (
                step.id,
                i18n.pick(step.label, self.say.locale) or step_words(self.say, self.rule, step),
            )
            for step in self.rule.walk()
            if step.do in kinds
        ]

    def _about(self, form_key: str, link: FieldDefinition) -> str:
        several = [e for f, e in self.catalog.links_to(self.rule.subject) if f == form_key]
        form = self.say.form(form_key)
        return f"{form} · {self._name(link)}" if len(several) > 1 else form

    def _relations(self, form_key: str) -> Iterator[tuple[FieldDefinition, FormDefinition]]:
        for each in _fields(self.catalog.forms.get(form_key)):
            if each.type == "related":
                form = self.catalog.forms.get(str(each.settings["from"]))
                if form is not None:
                    yield each, form

    def _title(self, each: Reached) -> str:
        return " › ".join(i18n.pick(part, self.say.locale) for part in each.title)

    def _name(self, each: FieldDefinition) -> str:
        return i18n.pick(each.name, self.say.locale)

    def _t(self, key: str, **params: Any) -> str:
        return i18n.translate(key, self.say.locale, **params)


def _fields(form: FormDefinition | None) -> tuple[FieldDefinition, ...]:
    return tuple(form.fields) if form else ()


def _kind(each: FieldDefinition) -> Kind:
    return field_types.get(each.type).value_type(each).kind
