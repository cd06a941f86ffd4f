"""Adding, moving and removing rows of a subform without JavaScript. Pure."""

from __future__ import annotations

from regulars.form_builder.web.posted import Answers


def after_step(answers: Answers, step: str) -> Answers:
    """The answers after ``add items``, ``up items 2``, ``down items 2`` or ``remove items 2``."""
    words = step.split()
    if len(words) < 2:
        return answers
    do, name = words[0], words[1]
    rows = [dict(row) for row in answers.get(name) or ()]
    if do == "add":
        rows.append({})
    elif len(words) == 3 and words[2].isdecimal() and int(words[2]) < len(rows):
        _change(rows, do, int(words[2]))
    return {**answers, name: rows}


def _change(rows: list[dict[str, str]], do: str, number: int) -> None:
    row = rows.pop(number)
    if do == "remove":
        return
    target = number + {"up": -1, "down": 1}.get(do, 0)
    rows.insert(max(0, target), row)
