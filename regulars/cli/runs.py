"""``regulars runs …``: who is in which rule, and what to do about those that stand still."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from regulars.cli.base import Shell
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import translate
from regulars.rule_engine import overview, standing
from regulars.rule_engine.api_story import story_json
from regulars.rule_engine.overview import Wanted
from regulars.rule_engine.tracing.story import story_of
from regulars.rule_engine.tracing.telling import story_lines

IDS = click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)


@click.group("runs")
def runs() -> None:
    """Who is in which rule and where, and what to do about runs that stand still."""


@runs.command("list")
@click.option(
    "--status", type=click.Choice(["live", "done", "failed", "stuck", "skipped"]),
    help="Only those in this state.",
)  # fmt: skip
@click.option("--rule", help="Of one rule.")
@click.option("--before", type=int, metavar="ID", help="Older than this run.")
@click.pass_obj
def list_runs(shell: Shell, status: str | None, rule: str | None, before: int | None) -> None:
    """Runs, newest first, fifty at a time; with the reason where one stands still."""
    wanted = Wanted(rule=rule, status=status, below=before)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = overview.list_runs(uow, system_access(shell.locale), wanted)
    rows = [_row(each, shell.locale) for each in found.rows]
    lines = [
        f"{each['id']}  {each['status']}  {each['rule']}  {each['person']}"
        + (f"  {each['why']}" if each["why"] else "")
        for each in rows
    ]
    shell.answer({"runs": rows, "next": found.next}, "\n".join(lines))


@runs.command("show")
@click.argument("run_id", type=int, metavar="ID")
@click.pass_obj
def show(shell: Shell, run_id: int) -> None:
    """One run's story: what started it, what each step found and did, what it has won."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = story_of(uow, system_access(shell.locale), run_id)
        zone = uow.workspace.tz
    told = {**_row(found.row, shell.locale), **story_json(found)}
    plain = json.loads(json.dumps(told, default=_instant, ensure_ascii=False))
    shell.answer(plain, "\n".join(story_lines(found, shell.locale, zone)))


def _instant(value: datetime) -> str:
    return value.isoformat()


@runs.command("retry")
@IDS
@click.pass_obj
def retry(shell: Shell, ids: tuple[int, ...]) -> None:
    """Take up failed or stuck runs again at the step where they stood."""
    _decide(shell, "retry", standing.retry_run, ids)


@runs.command("retry-all")
@click.argument("status", type=click.Choice(list(standing.STANDING)))
@click.option("--rule", help="Of one rule.")
@click.pass_obj
def retry_all(shell: Shell, status: str, rule: str | None) -> None:
    """Take up every stuck or failed run again."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        n = standing.retry_all(uow, system_access(shell.locale), status, rule)
    shell.answer({"retried": n}, translate("rules.runs-decided.retry", shell.locale, n=n))


@runs.command("pass-over")
@IDS
@click.pass_obj
def pass_over(shell: Shell, ids: tuple[int, ...]) -> None:
    """Go on with failed or stuck runs behind the step where they stood."""
    _decide(shell, "pass-over", standing.pass_over, ids)


@runs.command("stop")
@IDS
@click.pass_obj
def stop(shell: Shell, ids: tuple[int, ...]) -> None:
    """End runs; what they have queued is not sent."""
    _decide(shell, "stop", standing.stop_run, ids)


def _decide(
    shell: Shell, name: str, decide: Callable[[UnitOfWork, Access, int], None],
    ids: tuple[int, ...],
) -> None:  # fmt: skip
    """All of them, or none when one of them is refused."""
    chosen = list(dict.fromkeys(ids))
    with shell.database.workspace_tx(shell.workspace) as uow:
        for each in chosen:
            decide(uow, system_access(shell.locale), each)
    words = translate(f"rules.runs-decided.{name}", shell.locale, n=len(chosen))
    shell.answer({"runs": chosen, "decision": name}, words)


def _row(row: overview.RunRow, locale: str) -> dict[str, Any]:
    why = None
    if row.reason:
        params = {name: value for name, value in row.reason.items() if name != "code"}
        code = row.reason["code"]
        if row.status == "stuck" and code == "step-error":
            code, params = "step-error-for-good", {"error": params.get("error", "–")}
        why = translate(f"rules.reason.{code}", locale, **params)
    return {
        "id": row.id, "status": row.status, "outcome": row.outcome, "rule": row.rule,
        "person": row.title, "at": row.cursor, "reason": (row.reason or {}).get("code"),
        "why": why, "entered_at": row.entered_at.isoformat(),
    }  # fmt: skip
