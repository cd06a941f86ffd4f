"""Whoever says rules in plain words: one workspace, one language. Pure but for `speaker`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import ROLES
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot, snapshot
from regulars.platform.expressions.explain import explain
from regulars.platform.formats import Formats
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.durations import Length
from regulars.rule_engine.scope import Scope


@dataclass(frozen=True)
class Speaker:
    """Says parts of one workspace's rules in one language; ``scope`` holds what they speak of."""

    snapshot: Snapshot
    catalog: FormCatalog
    formats: Formats

    @property
    def locale(self) -> str:
        """The language spoken."""
        return self.formats.locale

    def t(self, key: str, **params: Any) -> str:
        """A text of the catalogs."""
        words = {name: i18n.spoken(value, self.locale) for name, value in params.items()}
        return i18n.translate(f"rules.say.{key}", self.locale, **words)

    def form(self, key: str | None) -> str:
        """What the owner calls a form."""
        found = self.catalog.forms.get(key or "")
        return i18n.pick(found.label, self.locale) if found else str(key or "")

    def field(self, form: str, path: str) -> str:
        """What the owner calls a field, seen from a form."""
        shape = self.catalog.shapes.find(form)
        words = []
        for step in path.split("."):
            if shape is None:
                return path
            found, shape = self.catalog.shapes.step(shape, step)
            words.append(i18n.pick(found.label, self.locale) if found and found.label else step)
        return " › ".join(words)

    def named(self, kind: str, key: str | None) -> str:
        """What the owner calls a message or a rule."""
        found = self.snapshot.find(kind, key or "")
        return i18n.pick(found.label, self.locale) if found else str(key or "…")

    def condition(self, rule: Rule | str, raw: Mapping[str, Any] | None) -> str:
        """A condition about a rule's subject, or about the records of a form, in words."""
        if not raw:
            return ""
        if isinstance(rule, str):
            tree, problems = self.catalog.condition(rule, raw)
            shapes = self.catalog.shapes
        else:
            scope = Scope.start(self.catalog, rule.subject, rule.trigger.form)
            tree, problems = scope.condition(raw)
            shapes = scope.shapes()
        if problems:
            return "; ".join(problem.message(self.locale) for problem in problems)
        return explain(tree, shapes, self.formats)

    def role(self, key: str) -> str:
        """What a role is called."""
        if key in ROLES:
            return i18n.translate(f"accounts.role.{key}", self.locale)
        return self.named("role", key)

    def length(self, raw: Any) -> str:
        """A length of time: ``7 days``."""
        length = Length.from_json(raw)
        return i18n.translate(f"rules.length.{length.unit}", self.locale, n=length.n)


def speaker(uow: UnitOfWork, access: Access, after: Snapshot | None = None) -> Speaker:
    """Who says the rules of this workspace in the reader's language; ``after`` may know more."""
    formats = Formats(access.locale, uow.workspace.zone)
    return Speaker(after or snapshot(uow), catalog_of(uow), formats)
