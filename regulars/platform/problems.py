"""A problem with something a person wrote: where it is, what it is, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from regulars.platform import i18n


@dataclass(frozen=True)
class Problem:
    """One mistake at one place.

    ``path`` names the place (``fields/3/options``, or a field key for a record);
    ``code`` is a stable kebab-case name, its words stand in the catalogs as ``problems.<code>``.
    """

    path: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    text: str | Mapping[str, str] | None = None  # an owner's own message wins over the catalog

    def message(self, locale: str) -> str:
        """What to tell the reader, in the reader's language."""
        if self.text is not None:
            return i18n.pick(self.text, locale)
        words = {name: i18n.spoken(value, locale) for name, value in self.params.items()}
        return i18n.translate(f"problems.{self.code}", locale, **words)

    def under(self, prefix: str) -> Problem:
        """The same problem seen from one level up."""
        path = f"{prefix}/{self.path}" if self.path else prefix
        return replace(self, path=path)

    def moved_from(self, prefix: str) -> Problem:
        """The same problem seen from one level down."""
        return replace(self, path=self.path.removeprefix(prefix))

    def as_json(self, locale: str) -> dict[str, str]:
        """The shape outside clients read: ``{path, code, message}``."""
        return {"path": self.path, "code": self.code, "message": self.message(locale)}


def under(prefix: str, problems: Iterable[Problem]) -> list[Problem]:
    """All ``problems`` moved below ``prefix``."""
    return [problem.under(prefix) for problem in problems]
