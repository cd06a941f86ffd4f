"""``regulars messages …``: what was sent, waits or was held back, and those in doubt."""

from __future__ import annotations

from typing import Any

import click

from regulars import wiring
from regulars.cli.base import Shell
from regulars.platform.accounts.access import system_access
from regulars.platform.i18n import translate
from regulars.rule_engine import overview, service
from regulars.rule_engine.inquiring import question_about, settle
from regulars.rule_engine.overview import Wanted


@click.group("messages")
def messages() -> None:
    """Messages that were sent, wait or were held back, and why."""


@messages.command("list")
@click.option("--status", help="queued, sending, sent, failed, unknown, suppressed, withheld.")
@click.option("--rule", help="Of one rule.")
@click.option("--channel", help="By one channel.")
@click.option("--reason", help="With the code of one reason.")
@click.option("--before", type=int, metavar="ID", help="Older than this message.")
@click.pass_obj
def list_messages(
    shell: Shell, status: str | None, rule: str | None, channel: str | None,
    reason: str | None, before: int | None,
) -> None:  # fmt: skip
    """Messages, newest first, fifty at a time."""
    access = system_access(shell.locale)
    wanted = Wanted(rule=rule, status=status, below=before, channel=channel, reason=reason)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = overview.list_messages(uow, access, wanted)
    rows = [_row(each, shell.locale) for each in found.rows]
    lines = [
        f"{each['id']}  {each['status']}  {each['channel']}  {each['person']}"
        + (f"  {each['why']}" if each["why"] else "")
        for each in rows
    ]
    shell.answer({"messages": rows, "next": found.next}, "\n".join(lines))


@messages.command("resolve")
@click.argument("message_id", type=int, metavar="ID")
@click.argument("decision", type=click.Choice(["sent", "resend"]))
@click.pass_obj
def resolve_message(shell: Shell, message_id: int, decision: str) -> None:
    """Decide about a message in doubt: it was sent, or send it again."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        service.resolve_message(uow, system_access(shell.locale), message_id, decision)
    words = translate("messages.resolved", shell.locale)
    shell.answer({"id": message_id, "decision": decision}, words)


@messages.command("ask")
@click.argument("message_id", type=int, metavar="ID")
@click.pass_obj
def ask_provider(shell: Shell, message_id: int) -> None:
    """Ask the provider what became of a message in doubt, where it can be asked."""
    around = wiring.rule_engine(shell.database).surroundings
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        question = question_about(uow, system_access(shell.locale), message_id)
    fate = question.ask(around)
    with shell.database.workspace_tx(shell.workspace) as uow:
        known = settle(uow, question, fate)
    words = translate(f"messages.asked-{'left' if known else 'unsure'}", shell.locale)
    shell.answer({"id": message_id, "settled": known}, words)


def _row(row: overview.MessageRow, locale: str) -> dict[str, Any]:
    why = None
    if row.reason:
        params = {name: value for name, value in row.reason.items() if name != "code"}
        why = translate(f"messages.reason.{row.reason['code']}", locale, **params)
    return {
        "id": row.id, "status": row.status, "channel": row.channel, "rule": row.rule,
        "message": row.message, "person": row.title, "receipt": row.receipt,
        "reason": (row.reason or {}).get("code"), "why": why,
        "at": (row.finished_at or row.due_at).isoformat(),
    }  # fmt: skip
