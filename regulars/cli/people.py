"""``regulars person …``: duplicates, merging, what is known of somebody, erasing it."""

from __future__ import annotations

import click

from regulars.cli.base import REFUSED, Shell
from regulars.form_builder.people import wording
from regulars.form_builder.people.duplicates import find_duplicates
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
