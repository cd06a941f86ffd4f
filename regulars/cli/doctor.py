"""``regulars doctor``: what is wrong here and how to mend it."""

from __future__ import annotations

import click

from regulars.cli.base import REFUSED, Shell
from regulars.platform import redis_server
from regulars.platform.health.findings import Finding, Place, examine, mend, worst
from regulars.platform.workspaces import list_workspaces

_SIGNS = {"good": "ok   ", "watch": "look ", "bad": "WRONG"}


@click.command()
@click.option(
    "--repair",
    "--mend",
    "repair",
    is_flag=True,
    help="Work derived values out again, make indexes.",
)
@click.pass_obj
def doctor(shell: Shell, repair: bool) -> None:
    """Look at everything of one workspace (or all) and say how to mend what is wrong.

    With --repair (or --mend) every derived value is compared now and put right. Exit code 1 when
    something is wrong that a person has to mend.
    """
    database = shell.database
    places = [shell.workspace] if shell.workspace_key else list_workspaces(database)
    url = redis_server.url_for(shell.config)
    answer, lines, level = {}, [], "good"
    for workspace in places:
        place = Place(database, workspace, database.clock(), url, thorough=True)
        mended = mend(place) if repair else 0
        found = examine(place)
        answer[workspace.key] = {
            "findings": [each.as_json(shell.locale) for each in found], "mended": mended,
        }  # fmt: skip
        lines += [f"{workspace.name} ({workspace.key})", *_lines(found, shell.locale)]
        lines += [f"  {mended} values put right."] if repair else []
        level = "bad" if "bad" in (level, worst(found)) else level
    shell.answer(answer, "\n".join(lines))
    if level == "bad":
        click.get_current_context().exit(REFUSED)


def _lines(found: list[Finding], locale: str) -> list[str]:
    lines = []
    for each in found:
        lines.append(f"  {_SIGNS[each.level]} {each.text(locale)}")
        if each.cure(locale):
            lines.append(f"        → {each.cure(locale)}")
    return lines
