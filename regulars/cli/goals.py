"""``regulars rules goals``, ``begin`` and ``test``: from a goal to a rule, tried on somebody."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import click

from regulars.cli.base import Shell
from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.i18n import pick, translate
from regulars.platform.strict_json import BadJson, parse_json
from regulars.rule_engine.api import rehearsal_json
from regulars.rule_engine.api_goals import goal_json
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.explain import step_words
from regulars.rule_engine.goals.beginning import begin, glimpse, sheet_of
from regulars.rule_engine.goals.guessing import look
from regulars.rule_engine.goals.keeping import GoalWish, keep_as_goal
from regulars.rule_engine.goals.shelf import list_goals
from regulars.rule_engine.rehearsal import rehearse
from regulars.rule_engine.releasing import MOST_A_DAY
from regulars.rule_engine.speaking import speaker
from regulars.rule_engine.starting_many import Chosen, count_start, start_many
from regulars.rule_engine.tracing.telling import below


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
            if seen.matches:
                lines.append(seen.matches.in_words(shell.locale))
            lines += [each.message(shell.locale) for each in seen.problems]
            data = {"words": lines, **(seen.matches.as_json() if seen.matches else {})}
            shell.answer(data, "\n".join(lines))
            return
        begun = begin(uow, access, key, given)
    data = {"rule": begun.rule, "messages": begun.messages, "simulation": begun.simulation}
    shell.answer(data, translate("goals.begun-as", shell.locale, rule=begun.rule))


@click.command("test")
@click.argument("key", metavar="KEY")
@click.option("--record", type=int, required=True, metavar="ID", help="The subject's number.")
@click.option("--answered", is_flag=True, help="As if what it waits for happened.")
@click.pass_obj
def try_on_record(shell: Shell, key: str, record: int, answered: bool) -> None:
    """Go through a rule, as it is written now, for one record. Nothing of it stays."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace) as uow:
        rule = Rule.from_json(store.get_draft(uow, "rule", key).raw)
        found = rehearse(uow, access, rule, record, answered=answered)
        say = speaker(uow, access)
        words = {step.path: step_words(say, rule, step) for step in rule.walk()}
    lines = []
    for step in found.steps:
        lines.append(f"{step.outcome:8} {words[step.path]}")
        if step.told is not None:
            lines += below(replace(step.told, message=None), shell.locale, shell.workspace.tz)
        lines += [f"         {text}" for text in (step.input.get("text") or {}).values()]
        reason = (step.verdict or {}).get("reason")
        if reason:
            told = {name: value for name, value in reason.items() if name != "code"}
            words_of_it = translate(f"messages.reason.{reason['code']}", shell.locale, **told)
            lines.append(f"         {words_of_it}")
    lines.append(translate("goals.test-nothing", shell.locale))
    shell.answer(rehearsal_json(found), "\n".join(lines))


@click.command("start-many")
@click.argument("key", metavar="KEY")
@click.option("--filter", "condition", metavar="JSON", help="Only those who meet this condition.")
@click.option("--search", default="", metavar="WORDS", help="Only those with these words.")
@click.option("--per-day", type=click.IntRange(1, MOST_A_DAY), help="So many on each day.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.pass_obj
def start_for_many(
    shell: Shell, key: str, condition: str | None, search: str, per_day: int | None, dry_run: bool
) -> None:
    """Start a rule for every record that meets a condition; without one for all of them."""
    access = system_access(shell.locale)
    chosen = Chosen(None, _condition(condition), search)
    with shell.database.workspace_tx(shell.workspace, write=not dry_run) as uow:
        if dry_run:
            count = count_start(uow, access, key, chosen)
            words = translate("goals.start-would", shell.locale, n=count.would)
            shell.answer(asdict(count), words)
            return
        done = start_many(uow, access, key, chosen, per_day=per_day)
    name = "goals.started-waiting" if done.waiting else "goals.started-many"
    n = done.waiting or done.entered
    shell.answer(asdict(done), translate(name, shell.locale, n=n, rule=key))


@click.command("keep")
@click.argument("rule", metavar="RULE")
@click.argument("questions", metavar="PLACE=QUESTION...", nargs=-1)
@click.option("--name", required=True, help="What the goal is called.")
@click.pass_obj
def keep_rule(shell: Shell, rule: str, questions: tuple[str, ...], name: str) -> None:
    """Keep RULE as a goal that asks for the values at these PLACEs (steps/0/timeout) anew."""
    wish = GoalWish(name.strip(), ask=dict(_pair(each) for each in questions))
    with shell.database.workspace_tx(shell.workspace) as uow:
        made = keep_as_goal(uow, system_access(shell.locale), rule, wish)
    shell.answer({"goal": made}, translate("goals.kept", shell.locale, goal=name))


def _condition(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = parse_json(text)
    except BadJson as bad:
        raise click.UsageError(bad.message("en")) from bad
    if not isinstance(found, dict):
        raise click.UsageError("--filter wants a condition, a JSON object.")
    return found


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text}: say PLACE=VALUE.")
    return name, value
