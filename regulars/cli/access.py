"""``regulars access …`` and ``regulars audit``: who sees what and why, and what was done."""

from __future__ import annotations

import click

from regulars.cli.base import Shell
from regulars.form_builder.who_sees import Asked, who_sees, why
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.looking import named_eyes
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.role_definition import readable
from regulars.platform.accounts.roles import VERBS
from regulars.platform.accounts.security_log import LogEntry, list_log
from regulars.platform.errors import NotFound
from regulars.platform.i18n import translate


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
