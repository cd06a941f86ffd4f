"""``regulars rules goals`` and ``begin``: what may be achieved, and a rule for it."""

from __future__ import annotations

import click

from regulars.cli.base import Shell
from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts.access import system_access
from regulars.platform.i18n import pick, translate
from regulars.rule_engine.api_goals import goal_json
from regulars.rule_engine.goals.beginning import begin, glimpse, sheet_of
from regulars.rule_engine.goals.guessing import look
from regulars.rule_engine.goals.shelf import list_goals


@click.command("goals")
@click.pass_obj
def goals(shell: Shell) -> None:
    """What a rule may be for, with what these forms offer for its places."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        catalog = catalog_of(uow)
        sheets = [look(goal, catalog, {}, shell.locale) for goal in list_goals(uow)]
    lines = []
    for sheet in sheets:
        mark = "✗" if sheet.unfit else "✓"
        lines.append(f"{mark} {sheet.goal.key}  {pick(sheet.goal.label, shell.locale)}")
        for each in sheet.asked:
            offered = "/".join(one.value for one in each.options)
            lines.append(
                f"    {each.place.key}={each.value or '?'}" + (f"  ({offered})" * bool(offered))
            )
    data = [goal_json(sheet, shell.locale) for sheet in sheets]
    shell.answer(data, "\n".join(lines))


@click.command("begin")
@click.argument("key", metavar="GOAL")
@click.argument("choices", metavar="PLACE=VALUE...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only say what the rule would be; keep nothing.")
@click.pass_obj
def begin_rule(shell: Shell, key: str, choices: tuple[str, ...], dry_run: bool) -> None:
    """Make a rule for GOAL as a draft; what is not chosen is guessed from the forms."""
    given = dict(_pair(each) for each in choices)
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=not dry_run) as uow:
        if dry_run:
            seen = glimpse(uow, access, sheet_of(uow, access, key, given))
            lines = ["  " * line.indent + line.text for line in seen.words]
            count = seen.matches.count if seen.matches else None
            if count is not None:
                lines.append(translate("rules.matches", shell.locale, n=count))
            lines += [each.message(shell.locale) for each in seen.problems]
            shell.answer({"words": lines, "count": count}, "\n".join(lines))
            return
        begun = begin(uow, access, key, given)
    data = {"rule": begun.rule, "messages": begun.messages, "simulation": begun.simulation}
    shell.answer(data, translate("goals.begun-as", shell.locale, rule=begun.rule))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text}: say PLACE=VALUE.")
    return name, value
