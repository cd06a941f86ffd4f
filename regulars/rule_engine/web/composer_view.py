"""What the composer shows: the sentence of a rule, its problems, and what may be chosen where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.web.filters import offered_ops
from regulars.platform import i18n
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem
from regulars.rule_engine import composing
from regulars.rule_engine.definition import Rule, Step
from regulars.rule_engine.explain import Speaker, step_words, trigger_words, value_words

OFFERED_STEPS = (
    "send_message", "wait", "wait_for", "create_record", "update_record", "add_tags",
    "remove_tags", "create_task", "approval",
    "notify_staff", "call_webhook", "branch", "stop",
)  # fmt: skip
OFFERED_TRIGGERS = ("record_created", "scan", "date_field", "mirror_entered")
_BLOCKS_OF = {
    "branch": ("then", "else"),
    "wait_for": ("then", "timed_out"),
    "approval": ("then", "else", "timed_out"),
}
BLOCK_ORDER = ("then", "else", "timed_out")
Option = tuple[str, str]


@dataclass(frozen=True)
class ShownStep:
    """One step of the sentence; ``blocks`` are (name, place, steps)."""

    path: str
    do: str
    words: str
    raw: Mapping[str, Any]
    blocks: tuple[tuple[str, str, tuple[ShownStep, ...]], ...]
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class Composer:
    """A rule's draft as the composer shows it; ``at`` is the place that is open for editing."""

    rule: Rule
    raw: Mapping[str, Any]
    say: Speaker
    problems: Sequence[Problem] = ()
    at: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    roles: Sequence[Option] = ()  # in which somebody can be asked
    programs: Sequence[Option] = ()  # that can be called
    draft_tag: int = 0  # what is sent back, so that nobody overwrites unseen
    groups: Sequence[Option] = ()  # of the shop's own people that can be written to

    @property
    def catalog(self) -> FormCatalog:
        """The forms the rule may speak of."""
        return self.say.catalog

    @property
    def subject(self) -> FormDefinition | None:
        """The form the rule is about."""
        return self.catalog.forms.get(self.rule.subject)

    @property
    def trigger(self) -> str:
        """What starts it, in words."""
        return trigger_words(self.say, self.rule, self.rule.trigger)

    @property
    def match(self) -> str:
        """How the rows of "only if" are joined."""
        return composing.conditions_of(self.rule.when)[0]

    @property
    def rows(self) -> list[tuple[int, Mapping[str, Any], str]]:
        """The rows of "only if": position, JSON, words."""
        _match, rows = composing.conditions_of(self.rule.when)
        return [(n, row, self.say.condition(self.rule, row)) for n, row in enumerate(rows)]

    @property
    def steps(self) -> tuple[ShownStep, ...]:
        """The steps of "then"."""
        return self._shown(self.rule.steps, self.raw.get("steps", ()))

    def _shown(self, steps: Sequence[Step], raws: Sequence[Any]) -> tuple[ShownStep, ...]:
        return tuple(
            ShownStep(
                step.path,
                step.do,
                i18n.pick(step.label, self.say.locale) or step_words(self.say, self.rule, step),
                raw,
                tuple(self._blocks(step, raw)),
                position == 0,
                position == len(steps) - 1,
            )
            for position, (step, raw) in enumerate(zip(steps, raws, strict=True))
        )

    def _blocks(
        self, step: Step, raw: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, tuple[ShownStep, ...]]]:
        names = _BLOCKS_OF.get(step.do, ())
        for name in names:
            shown = self._shown(step.blocks.get(name, ()), raw.get(name, ()))
            yield name, f"{step.path}/{name}", shown

    def problems_at(self, place: str) -> list[str]:
        """What is wrong at a place or below it, except in the steps of its blocks."""
        return [
            problem.message(self.say.locale)
            for problem in self.problems
            if _belongs(problem.path, place)
        ]

    @property
    def other_problems(self) -> list[str]:
        """What is wrong at no place that is shown."""
        places = ("trigger", "when", "steps", "guards", "entry", "exit", "sets")
        return [
            problem.message(self.say.locale)
            for problem in self.problems
            if problem.path.split("/")[0] not in places
        ]

    # What may be chosen

    def fields(self, *kinds: Kind) -> list[Option]:
        """The subject's fields of these kinds (all that can be compared, without)."""
        form = self.subject
        if form is None:
            return []
        return [
            (each.key, self._name(each))
            for each in form.fields
            if (offered_ops(each) if not kinds else self._kind(each) in kinds)
        ]

    def ops(self, key: str) -> list[Option]:
        """The comparisons a field offers."""
        found = self.subject.find(key) if self.subject else None
        names = offered_ops(found) if found else ()
        return [(op, i18n.translate(f"rules.op.{op}", self.say.locale)) for op in names]

    def options_of(self, key: str) -> list[Option]:
        """The options of a choice or tags field."""
        found = self.subject.find(key) if self.subject else None
        return [
            (each["value"], i18n.pick(each.get("label"), self.say.locale) or each["value"])
            for each in (found.settings.get("options", ()) if found else ())
        ]

    def choices_of(self, key: str) -> list[tuple[str, str, str]]:
        """The same options, each with room for a help text."""
        return [(value, title, "") for value, title in self.options_of(key)]

    def kind_of(self, key: str) -> str:
        """What a field holds."""
        found = self.subject.find(key) if self.subject else None
        return self._kind(found).value if found else ""

    def entry_keys(self) -> list[Option]:
        """What makes a new round: the usual, the newest related record, or a formula kept."""
        t, locale = i18n.translate, self.say.locale
        found = [("", t("rules.entry-key-usual", locale))]
        for relation, _form in self._relations():
            words = t("rules.entry-key-newest", locale, what=self._name(relation))
            found.append((f"LAST({relation.key}).id", words))
        if self.rule.trigger.on.startswith("record_"):
            form = self.say.form(self.rule.trigger.form or self.rule.subject)
            found.append(("trigger.id", t("rules.entry-key-record", locale, form=form)))
        key = self.rule.entry.key or ""
        if key not in dict(found):
            found.append((key, self.say.field(self.rule.subject, key)))
        return found

    @property
    def tag(self) -> str:
        """What the owner calls the tag that is kept."""
        sets = self.rule.sets
        if sets is None or not sets.add:
            return ""
        return value_words(self.say, self.rule.subject, sets.field, sets.add)

    def date_fields(self) -> list[Option]:
        """The subject's dates."""
        return self.fields(Kind.DATE, Kind.DATETIME)

    def since(self) -> list[Option]:
        """Dates of related records: what "nothing for 30 days" may look at."""
        return [
            (f"{relation.key}.{each.key}", f"{self._name(relation)} · {self._name(each)}")
            for relation, form in self._relations()
            for each in form.fields
            if self._kind(each) in (Kind.DATE, Kind.DATETIME)
        ]

    def measures(self) -> list[Option]:
        """What may be counted or summed over related records."""
        found: list[Option] = []
        for relation, form in self._relations():
            name = self._name(relation)
            count = i18n.translate("rules.measure-count", self.say.locale, what=name)
            found.append((relation.key, count))
            found += [
                (
                    f"{relation.key}.{each.key}",
                    i18n.translate(
                        "rules.measure-sum", self.say.locale, what=name, field=self._name(each)
                    ),
                )
                for each in form.fields
                if self._kind(each) is Kind.NUMBER
            ]
        return found

    def dates_of_rows(self) -> list[Option]:
        """The dates by which "in the last n days" may go."""
        seen: dict[str, str] = {}
        for value, title in self.since():
            seen.setdefault(value.partition(".")[2], title)
        return list(seen.items())

    def about(self) -> list[Option]:
        """Records that point to the subject, and the subject itself: ``orders:customer``."""
        subject = self.rule.subject
        found = [(f"{subject}:", self.say.form(subject))]
        for form_key, each in self.catalog.links_to(subject):
            if "." not in form_key:
                found.append((f"{form_key}:{each.key}", self.say.form(form_key)))
        return found

    def only(self, part: Mapping[str, Any]) -> list[Option]:
        """Which records may be meant: by each choice of the forms that point to the subject."""
        found: list[Option] = [("", i18n.translate("rules.only-any", self.say.locale))]
        if part.get("where") and not self.only_value(part):
            found.append(("keep", i18n.translate("rules.only-keep", self.say.locale)))
        for value, title in self.about():
            form = self.catalog.forms[value.partition(":")[0]]
            for each in form.fields:
                if each.type == "choice":
                    found += self._choice_values(form, title, each)
        return found

    def _choice_values(
        self, form: FormDefinition, title: str, each: FieldDefinition
    ) -> Iterator[Option]:
        for option in each.settings.get("options", ()):
            words = i18n.pick(option.get("label"), self.say.locale) or option["value"]
            yield f"{form.key}.{each.key}={option['value']}", f"{title} · {words}"

    def only_value(self, part: Mapping[str, Any]) -> str:
        """The choice that a ``where`` is about; "" when it is none or something else."""
        where = part.get("where") or {}
        if set(where) != {"field", "op", "value"} or where["op"] != "is":
            return ""
        form = part.get("form")
        if form is None:
            relation = self.subject.find(str(part.get("of", ""))) if self.subject else None
            form = relation.settings.get("from") if relation else self.rule.subject
        return f"{form}.{where['field']}={where['value']}"

    def only_chosen(self, part: Mapping[str, Any]) -> str:
        """What the input shows: the choice, or that something else is kept."""
        return self.only_value(part) or ("keep" if part.get("where") else "")

    def named(self, kind: str) -> list[Option]:
        """The published messages or mirrors."""
        return [
            (key, i18n.pick(parsed.label, self.say.locale))
            for key, parsed in self.say.snapshot.all(kind).items()
            if kind != "rule" or parsed.is_mirror
        ]

    def forms(self) -> list[Option]:
        """Every form."""
        return [(key, self.say.form(key)) for key in self.catalog.forms]

    def fillable(self, form_key: str) -> list[Option]:
        """The fields of a form that a step may fill."""
        form = self.catalog.forms.get(form_key)
        return [
            (each.key, self._name(each))
            for each in (form.fields if form else ())
            if field_types.get(each.type).writable and each.type != "subform"
        ]

    def tags_fields(self) -> list[Option]:
        """The subject's tags fields."""
        return self.fields(Kind.TAGS)

    def _relations(self) -> Iterator[tuple[FieldDefinition, FormDefinition]]:
        for each in self.subject.fields if self.subject else ():
            if each.type == "related":
                form = self.catalog.forms.get(str(each.settings["from"]))
                if form is not None:
                    yield each, form

    def _kind(self, each: FieldDefinition) -> Kind:
        return field_types.get(each.type).value_type(each).kind

    def _name(self, each: FieldDefinition) -> str:
        return i18n.pick(each.name, self.say.locale)


def _belongs(path: str, place: str) -> bool:
    if path != place and not path.startswith(f"{place}/"):
        return False
    rest = path[len(place) :].strip("/").split("/")
    return not (rest[0] in BLOCK_ORDER and len(rest) > 1 and rest[1].isdecimal())
