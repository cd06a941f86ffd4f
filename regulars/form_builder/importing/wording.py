"""What an import came to, in words and as the API's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.importing import batches, files
from regulars.form_builder.importing.batches import Batch, problem_from_json
from regulars.form_builder.importing.error_file import told
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

SHOWN = 20
COUNTS = (
    "created", "updated", "unchanged", "refused", "dropped",
    "consents_given", "consents_withdrawn", "consents_without_evidence", "consents_unclear",
)  # fmt: skip
OUTCOMES = ("removed", "restored", "changed-since", "still-linked", "not-allowed", "gone")


def batch_json(uow: UnitOfWork, batch: Batch, locale: str) -> dict[str, Any]:
    """A batch as outside clients read it."""
    file = files.get_file(uow, batch.file)
    return {
        "id": batch.id,
        "form": batch.form,
        "state": batch.state,
        "file": {"name": file.name, "size": file.size, "columns": list(file.columns)},
        "map": batch.map,
        "progress": {"phase": batch.phase, "done": batch.work_done, "total": batch.work_total},
        "check": _outcome_json(batch.check, locale),
        "result": _outcome_json(batch.result, locale),
        "error": _error_json(batch.error, locale),
        "started_by": batch.actor_name,
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "finished_at": batch.finished_at,
    }


def outcome_lines(uow: UnitOfWork, batch: Batch, locale: str) -> list[str]:
    """The outcome in a few lines for a terminal."""
    say = i18n.translate
    lines = [say(f"importing.state.{batch.state}", locale, id=batch.id)]
    if batch.error is not None:
        lines.append(error_words(batch.error, locale))
    outcome = batch.result if batch.started_at is not None else batch.check
    if outcome is None:
        return lines
    if "error" in outcome:
        return [*lines, error_words(outcome["error"], locale)]
    if "undone" in outcome:
        return lines + _undone_lines(outcome["undone"], locale)
    forms = catalog_of(uow).forms
    for target in outcome["targets"]:
        form = forms.get(target["form"])
        name = i18n.pick(form.label, locale) if form else target["form"]
        words = count_words(target, locale) or [say("importing.nothing", locale)]
        lines.append(f"{name}: {', '.join(words)}")
    if outcome["refused_lines"]:
        lines.append(say("importing.refused-lines", locale, n=outcome["refused_lines"]))
    for each in outcome.get("doubles", ()):
        lines.append(say("people.import-doubles", locale, n=each["count"]))
    return lines


def problem_lines(uow: UnitOfWork, access: Access, batch: Batch, locale: str) -> list[str]:
    """The first refused lines with their reasons."""
    say = i18n.translate
    return [
        say("importing.line-says", locale, line=line, words=" ".join(words))
        for line, words in first_problems(uow, access, batch, locale)
    ]


def first_problems(
    uow: UnitOfWork, access: Access, batch: Batch, locale: str, limit: int = SHOWN
) -> list[tuple[int, list[str]]]:
    """(line, reasons) of the first lines that are, or would be, refused."""
    if batch.started_at is None:
        found = (batch.check or {}).get("problems", [])[:limit]
        return [
            (each["line"], [told(problem_from_json(p), locale) for p in each["problems"]])
            for each in found
        ]
    return [
        (line, [told(problem, locale) for problem in problems])
        for line, _form, problems in batches.refused_lines(uow, access, batch.id, limit)
    ]


def count_words(target: Mapping[str, Any], locale: str) -> list[str]:
    """``3 new``, ``1 refused`` … of one form, without what there was none of."""
    return [
        i18n.translate(f"importing.count.{name}", locale, n=target[name])
        for name in COUNTS
        if target.get(name)
    ]


def error_words(error: Mapping[str, Any], locale: str) -> str:
    """A stored error in words, the problems of a map behind it."""
    words = i18n.translate(
        f"errors.{error['code']}",
        locale,
        **{key: i18n.spoken(value, locale) for key, value in error.get("params", {}).items()},
    )
    problems = [problem_from_json(each).message(locale) for each in error.get("problems", ())]
    return " ".join([words, *problems])


def _undone_lines(undone: Mapping[str, int], locale: str) -> list[str]:
    return [
        i18n.translate(f"importing.undone.{name}", locale, n=undone[name])
        for name in OUTCOMES
        if undone.get(name)
    ]


def _outcome_json(outcome: Mapping[str, Any] | None, locale: str) -> dict[str, Any] | None:
    if outcome is None:
        return None
    told_of = dict(outcome)
    if "error" in told_of:
        told_of["error"] = _error_json(told_of["error"], locale)
    if "problems" in told_of:
        told_of["problems"] = [
            {
                "line": each["line"],
                "form": each["form"],
                "problems": [problem_from_json(p).as_json(locale) for p in each["problems"]],
            }
            for each in told_of["problems"]
        ]
    return told_of


def _error_json(error: Mapping[str, Any] | None, locale: str) -> dict[str, Any] | None:
    if error is None:
        return None
    problems = [problem_from_json(each).as_json(locale) for each in error.get("problems", ())]
    return {"code": error["code"], "message": error_words(error, locale), "problems": problems}
