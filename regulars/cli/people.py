"""``regulars person …``: duplicates, merging, what is known of somebody, erasing it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from regulars.cli.base import REFUSED, Shell
from regulars.form_builder.people import wording
from regulars.form_builder.people.bundle import bundle_of, dossier_json
from regulars.form_builder.people.correcting import correct_person
from regulars.form_builder.people.dossier import make_dossier
from regulars.form_builder.people.duplicates import find_duplicates
from regulars.form_builder.people.erase_plan import POLICIES, EraseWish, plan_erasure
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.people.grouping import POSSIBLE
from regulars.form_builder.people.merging import MergeWish, merge_people, try_merge
from regulars.form_builder.people.parting import undo_merge
from regulars.platform.accounts.access import system_access
from regulars.platform.i18n import translate

FORM = click.option(
    "--form", "form", required=True, metavar="FORM", help="The form of the people."
)
RECORD = click.option("--id", "record", type=int, required=True, help="The person's record.")
SIDES = click.Choice(["keep", "drop", "both"])


@click.group("person")
def person() -> None:
    """People: who is here twice, and what they may ask for."""


@person.command("duplicates")
@FORM
@click.option("--least", type=click.IntRange(POSSIBLE, 100), default=POSSIBLE, help="Least score.")
@click.option("--limit", type=click.IntRange(min=1), default=100, help="At most so many groups.")
@click.pass_obj
def duplicates(shell: Shell, form: str, least: int, limit: int) -> None:
    """Records that seem to be one person, the likeliest first."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = find_duplicates(uow, access, form, least=least)
    data = {
        "count": len(found),
        "groups": [wording.doubles_json(each, shell.locale) for each in found[:limit]],
    }
    lines = []
    for each in found[:limit]:
        who = ", ".join(f"{member.title} (#{member.id})" for member in each.members)
        why = "; ".join(wording.reason_words(each.group.pairs[0].likeness, shell.locale))
        lines.append(f"{each.group.score:>3}  {who}\n     {why}")
    if len(found) > limit:
        lines.append(translate("people.and-more", shell.locale, n=len(found) - limit))
    shell.answer(data, "\n".join(lines) or translate("people.no-duplicates", shell.locale))


@person.command("merge")
@FORM
@click.option("--keep", type=int, required=True, help="The record that stays.")
@click.option("--drop", type=int, required=True, help="The record that becomes part of it.")
@click.option("--choose", type=(str, SIDES), multiple=True, metavar="FIELD SIDE",
              help="Which side's value survives: keep, drop or (tags, rows) both.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.pass_obj
def merge(
    shell: Shell, form: str, keep: int, drop: int, choose: tuple[tuple[str, str], ...],
    dry_run: bool,
) -> None:  # fmt: skip
    """Make one record of two."""
    wish = MergeWish(form, keep, drop, dict(choose))
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace) as uow:
        plan = None
        if dry_run:
            plan = try_merge(uow, access, wish)
        else:
            merged = merge_people(uow, access, wish)
    if plan is None:
        words = translate("people.merged", shell.locale, id=merged.drop)
        shell.answer(wording.merged_json(merged), words)
        return
    lines = wording.follows_lines(plan, shell.locale)
    lines += [each.message(shell.locale) for each in plan.problems]
    shell.answer(wording.plan_json(plan, shell.locale), "\n".join(lines))
    if plan.problems:
        click.get_current_context().exit(REFUSED)


@person.command("export")
@FORM
@RECORD
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--reason", help="Why it is handed out; goes into the log.")
@click.pass_obj
def export(shell: Shell, form: str, record: int, file: Path | None, reason: str | None) -> None:
    """Write all that is known of a person to FILE (.zip); with --json print it."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        dossier = make_dossier(uow, system_access(shell.locale), form, record, reason=reason)
        bundle = bundle_of(uow, dossier, shell.locale)
        data = dossier_json(uow, dossier)
    path = file or Path(bundle.name)
    if not shell.as_json or file is not None:
        path.write_bytes(bundle.content)
    words = translate("people.exported-to", shell.locale, file=str(path))
    shell.answer(json.loads(json.dumps(data, default=str)), words)


@person.command("correct")
@FORM
@RECORD
@click.option("--set", "given", type=(str, str), multiple=True, metavar="FIELD VALUE",
              required=True, help="A field and its right value; may be repeated.")  # fmt: skip
@click.option("--reason", help="Goes into the log.")
@click.pass_obj
def correct(
    shell: Shell, form: str, record: int, given: tuple[tuple[str, str], ...], reason: str | None
) -> None:
    """Put right what stands about a person; it starts no rule."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace) as uow:
        done = correct_person(
            uow, access, form, record, dict(given), kind="cli", texts=True, reason=reason
        )
    words = translate("records.saved", shell.locale, title=done.title)
    shell.answer({"id": done.id, "title": done.title, "version": done.version}, words)


@person.command("erase")
@FORM
@RECORD
@click.option(
    "--relation",
    type=(str, click.Choice(POLICIES)),
    multiple=True,
    metavar="LINK POLICY",
    help="What becomes of records that point to the person.",
)
@click.option(
    "--reason",
    type=(str, str),
    multiple=True,
    metavar="LINK WHY",
    help="Why records of a link are kept as they are.",
)
@click.option("--confirm", metavar="NAME", help="The person's name; asked for when left out.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.pass_obj
def erase(  # noqa: PLR0913 - one parameter per option
    shell: Shell, form: str, record: int, relation: tuple[tuple[str, str], ...],
    reason: tuple[tuple[str, str], ...], confirm: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Forget a person. There is no way back."""
    access = system_access(shell.locale)
    wish = EraseWish(form, record, dict(relation), dict(reason), confirm or "")
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        plan = plan_erasure(uow, access, wish)
        lines = wording.erase_lines(plan, shell.locale)
    if dry_run:
        shell.answer(wording.erase_plan_json(plan, shell.locale), "\n".join(lines))
        return
    if confirm is None:
        click.echo("\n".join(lines), err=True)
        asked = translate("people.erase-confirm", shell.locale, name=plan.person.title)
        wish = replace(wish, confirm=click.prompt(asked, err=True))
    with shell.database.workspace_tx(shell.workspace) as uow:
        done = erase_person(uow, access, wish)
    words = translate("people.erased", shell.locale)
    shell.answer({"id": done.record, "counts": dict(done.counts)}, words)


@person.command("unmerge")
@FORM
@RECORD
@click.pass_obj
def unmerge(shell: Shell, form: str, record: int) -> None:
    """Bring a merged record back with what was its own."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        back = undo_merge(uow, system_access(shell.locale), form, record)
    words = translate("people.parted", shell.locale, title=back.title)
    shell.answer({"id": back.id, "title": back.title}, words)
