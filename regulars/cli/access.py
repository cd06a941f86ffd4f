"""``regulars access …`` and ``regulars audit``: who sees what and why, and what was done."""

from __future__ import annotations

from typing import Any

import click

from regulars.cli.base import REFUSED, Shell
from regulars.form_builder.access_cases.judging import judge_all
from regulars.form_builder.access_cases.service import (
    EXPECTATIONS,
    AccessCase,
    drop_case,
    every_case,
    keep_case,
)
from regulars.form_builder.access_cases.wording import case_json
from regulars.form_builder.who_sees import Asked, who_sees, why
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.looking import named_eyes
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.role_definition import readable
from regulars.platform.accounts.roles import VERBS
from regulars.platform.accounts.security_log import LogEntry, list_log
from regulars.platform.errors import NotFound
from regulars.platform.i18n import translate
from regulars.platform.strict_json import BadJson, parse_json


@click.group("access")
def access_group() -> None:
    """Who may see and do what."""


@access_group.command("why")
@click.argument("form")
@click.option(
    "--as", "who", metavar="WHO", help="member:7, a role, or role@STORE; else everybody."
)
@click.option("--record", type=int, help="About this record.")
@click.option("--field", metavar="KEY", help="About this field.")
@click.option("--verb", type=click.Choice(VERBS), default="read", help="Doing what.")
@click.pass_obj
def explain(
    shell: Shell, form: str, who: str | None, record: int | None, field: str | None, verb: str
) -> None:
    """Why somebody sees a form, a record or a field, or why not."""
    asked, access = Asked(form, record, field, verb), system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        if who is None:
            found = who_sees(uow, access, asked)
        else:
            found = [why(uow, access, named_eyes(uow, who), asked)]
    lines = []
    for each in found:
        mark = translate("roles.may" if each.may else "roles.may-not", shell.locale)
        lines.append(f"{mark}  {each.name or each.role} ({each.role})")
        lines += [f"    {'+' if a.holds else '-'} {a.words(shell.locale)}" for a in each.answers]
    shell.answer([each.as_json(shell.locale) for each in found], "\n".join(lines))


@access_group.command("check")
@click.pass_obj
def check(shell: Shell) -> None:
    """Run every access case. Exit code 1 when one does not hold."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = judge_all(uow, every_case(uow), shell.locale)
        data = [case_json(uow, each, shell.locale) for each in found]
    lines = []
    for case in data:
        state = translate(f"access-cases.state.{case['result']['state']}", shell.locale)
        lines.append(f"{case['id']}  {state}  {case['label'] or case['sentence']}")
        if case["result"]["state"] != "holds":
            lines.append(f"    {case['result']['text']}")
    shell.answer(data, "\n".join(lines))
    if any(each.state == "broken" for each in found):
        click.get_current_context().exit(REFUSED)


@access_group.command("keep")
@click.argument("form")
@click.option("--as", "who", required=True, metavar="WHO", help="member:7, a role, role@STORE.")
@click.option("--expect", type=click.Choice(EXPECTATIONS), required=True, help="How it must be.")
@click.option("--record", type=int, help="About this record.")
@click.option("--where", metavar="JSON", help="About the records that meet this condition.")
@click.option("--field", metavar="KEY", help="About this field.")
@click.option("--verb", type=click.Choice(VERBS), default="read", help="Doing what.")
@click.option("--label", default="", help="In your own words.")
@click.pass_obj
def keep(shell: Shell, /, form: str, where: str | None, **parts: Any) -> None:
    """Keep an access case: it runs before every role and form is published."""
    try:
        condition = None if where is None else parse_json(where.encode())
    except BadJson as bad:
        raise click.UsageError(bad.message("en")) from None
    wanted = AccessCase(form=form, condition=condition, **parts)
    with shell.database.workspace_tx(shell.workspace) as uow:
        made = keep_case(uow, system_access(shell.locale), wanted)
        (found,) = judge_all(uow, [made], shell.locale)
        told = case_json(uow, found, shell.locale)
    shell.answer(told, f"{told['id']}  {told['sentence']}  {told['result']['text']}")


@access_group.command("drop")
@click.argument("number", metavar="ID", type=int)
@click.pass_obj
def drop(shell: Shell, number: int) -> None:
    """Take an access case away."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        drop_case(uow, system_access(shell.locale), number)
    shell.answer({"id": number}, str(number))


@access_group.command("show")
@click.argument("role")
@click.pass_obj
def show(shell: Shell, role: str) -> None:
    """What a role may do, spelled out; built-in ones too."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = roles_of(uow).get(role)
    if found is None:
        raise NotFound("no-role", key=role)
    told = readable(found)
    lines = [role, *(f"  {verb}: {reach}" for verb, reach in told["default"].items())]
    lines += [f"  {key}: {rights}" for key, rights in told["forms"].items()]
    lines += [f"  {each}" for each in told["capabilities"]]
    shell.answer(told, "\n".join(lines))


@click.command("audit")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, help="So many lines.")
@click.pass_obj
def audit(shell: Shell, limit: int) -> None:
    """The security log: sign-ins, rights, keys, exports, backups; newest first."""
    access, found, below = system_access(shell.locale), list[LogEntry](), None
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        while len(found) < limit:
            page, below = list_log(uow, access, below=below, strangers=True)
            found += page
            if below is None:
                break
    data = [{**vars(each), "at": each.at.isoformat()} for each in found[:limit]]
    shell.answer(data, "\n".join(_line(each, shell.locale) for each in found[:limit]))


def _line(entry: LogEntry, locale: str) -> str:
    did = translate(f"roles.did.{entry.action}", locale)
    told = (f"{entry.at:%Y-%m-%d %H:%M}", entry.actor_name or entry.actor, did, entry.target)
    return "  ".join(part for part in (*told, entry.address) if part)
