"""``regulars today``: the first page of a workspace on the command line."""

from __future__ import annotations

import json
from typing import Any

import click

from regulars.cli.base import Shell
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.web.today_words import as_json
from regulars.platform.i18n import translate
from regulars.platform.today import read_today


@click.command("today")
@click.pass_obj
def today(shell: Shell) -> None:
    """Whom to call and why, what is stuck, what was sent and what it cost, what is due."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = as_json(read_today(uow, access), shell.locale)
    data = json.loads(json.dumps(found, default=str))
    shell.answer(data, "\n".join(_lines(data, shell.locale)))


def _lines(data: dict[str, Any], locale: str) -> list[str]:
    lines = [f"! {each['text']}" for each in data["troubles"]]
    if data["stopped"]:
        lines.insert(0, f"! {translate('today.held', locale)} {data['stopped']['reason']}".strip())
    for call in data["calls"]:
        why = "; ".join(each["text"] for each in call["reasons"])
        person = call["person"]
        lines.append(f"{person['title']} {person['phone'] or ''}  {why}")
    lines += [f"- {each['title']}" for each in data["tasks"]]
    if data["sent"]:
        sent = data["sent"]
        lines.append(f"{translate('today.sent', locale)}: {sent['number']} ({sent['cost']})")
    return lines
