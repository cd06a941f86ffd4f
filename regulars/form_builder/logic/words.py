"""Rules and checks of a form in the reader's words, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.choice import option_label
from regulars.form_builder.logic.actions import Action, Fill, Options, SetValue, State
from regulars.form_builder.logic.compiling import linked_form
from regulars.form_builder.logic.outer import outer_paths, without_outer
from regulars.platform import i18n
from regulars.platform.expressions.explain import explain, explain_value
from regulars.platform.formats import Formats


@dataclass(frozen=True)
class Sayer:
    """Says the parts of one form's logic; ``catalog`` holds the form as it is drafted."""

    catalog: FormCatalog
    form: FormDefinition
    formats: Formats

    @property
    def locale(self) -> str:
        """The reader's language."""
        return self.formats.locale

    def condition(self, raw: Mapping[str, Any]) -> str:
        """One row of a condition; what is wrong with it instead, where something is."""
        return self._condition(self.form.key, raw)

    def action(self, action: Action) -> str:
        """“show Refund reason and Note”."""
        if isinstance(action, State):
            return self._say(action.kind, fields=self._names(action.fields))
        if isinstance(action, SetValue):
            return self._set(action)
        if isinstance(action, Fill):
            source = self._path(self.form.key, action.source)
            return self._say("fill", fields=self._names(action.fields), source=source)
        return self._options(action)

    def _set(self, action: SetValue) -> str:
        kind = "set-if-empty" if action.if_empty else "set"
        field = self._names([action.field])
        if action.formula is None:
            return self._say(kind, field=field, value=self._value(action))
        tree, problems = self.catalog.read_formula(self.form.key, action.formula)
        words = action.formula
        if not problems:
            words = explain_value(tree, self.catalog.shapes, self.formats)
        return self._say(kind, field=field, value=words)

    def _value(self, action: SetValue) -> str:
        field = self.form.find(action.field)
        if isinstance(action.value, bool):
            return i18n.translate("common.yes" if action.value else "common.no", self.locale)
        several = action.value if isinstance(action.value, list) else [action.value]
        if field is None:
            return ", ".join(map(str, several))
        return self.formats.joined([option_label(field, str(v), self.locale) for v in several])

    def _options(self, action: Options) -> str:
        field, found = self._names([action.field]), self.form.find(action.field)
        if action.values is not None or found is None:
            said = [option_label(found, v, self.locale) if found else v
                    for v in action.values or ()]  # fmt: skip
            return self._say("options", field=field, values=self.formats.joined(said))
        to = linked_form(found)
        return self._say("options-where", field=field, words=self._where(to, action.where or {}))

    def _where(self, to: str, where: Mapping[str, Any]) -> str:
        outer = list(outer_paths(where))
        if len(outer) == 1 and outer[0][2] == where:
            there, here = (
                self._path(to, str(where["field"])),
                self._path(self.form.key, outer[0][1]),
            )
            return self._say("same-as", there=there, here=here)
        return self._condition(to, without_outer(where))

    def _condition(self, form: str, raw: Any) -> str:
        tree, problems = self.catalog.condition(form, raw)
        if problems:
            return "; ".join(problem.message(self.locale) for problem in problems)
        return explain(tree, self.catalog.shapes, self.formats)

    def _names(self, keys: Iterable[str]) -> str:
        found = [(key, self.form.find(key)) for key in keys]
        return self.formats.joined([self._name(f.name) if f else key for key, f in found])

    def _path(self, form: str, path: str) -> str:
        words, shape = [], self.catalog.shapes.find(form)
        for part in path.split("."):
            field = shape.field(part) if shape else None
            words.append(self._name(field.label) if field and field.label else part)
            shape = self.catalog.shapes.step(shape, part)[1] if shape else None
        return " › ".join(words)

    def _name(self, text: Any) -> str:
        return i18n.translate("forms.logic.name", self.locale, name=i18n.pick(text, self.locale))

    def _say(self, kind: str, **words: str) -> str:
        return i18n.translate(f"forms.logic.does-{kind.replace('_', '-')}", self.locale, **words)
