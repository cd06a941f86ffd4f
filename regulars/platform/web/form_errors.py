"""Problems as the form macros want them: each message at its field."""

from __future__ import annotations

from collections.abc import Iterable

from regulars.platform.problems import Problem
from regulars.platform.web.preferences import current_locale


def errors_by_field(
    problems: Iterable[Problem], fields: Iterable[str] | None = None
) -> dict[str, list[str]]:
    """``{field: [message, …]}`` in the reader's language.

    With ``fields`` given, a problem of any other place goes to ``""``, which the summary shows.
    """
    known = None if fields is None else set(fields)
    found: dict[str, list[str]] = {}
    for problem in problems:
        place = problem.path if known is None or problem.path in known else ""
        found.setdefault(place, []).append(problem.message(current_locale()))
    return found
