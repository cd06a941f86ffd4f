"""``regulars rule …`` and ``regulars rules …``: definitions, due work, enrolling, why."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import click

from regulars import wiring
from regulars.cli.base import Shell
from regulars.cli.definitions import definition_group
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.i18n import translate
from regulars.rule_engine.api import forecast_json
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.publishing import INSIDE
from regulars.rule_engine.releasing import (
    BACKLOG,
    MOST_A_DAY,
    Forecast,
    Wishes,
    forecast,
    release,
)
from regulars.rule_engine.service import (
    enrol_people,
    pause_rule,
    resume_rule,
    start_manually,
    state_of,
)
from regulars.rule_engine.why import explain_rule

rule_group = definition_group("rule", "rules")
message_group = definition_group("message", "message texts")
goal_group = definition_group("goal", "goals")

INSTANT = click.DateTime(
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%d"]
)
AT = click.option(
    "--at", type=INSTANT, help="As of this instant; without an offset it is the shop's time."
)


@click.group("rules")
def rules_group() -> None:
    """What rules do: due work, enrolling people, why and why not."""


@rules_group.command("tick")
@AT
@click.pass_obj
def tick(shell: Shell, at: datetime | None) -> None:
    """Do all due work once: events, schedules, tags, steps, messages."""
    engine = wiring.rule_engine(shell.database)
    done = engine.tick(instant(shell, at), shell.workspace)
    words = translate("rules.ticked", shell.locale, **asdict(done))
    shell.answer(asdict(done), words)


@rules_group.command("enrol")
@click.argument("key", metavar="KEY")
@AT
@click.option("--limit", type=click.IntRange(min=1), help="At most so many people.")
@click.pass_obj
def enrol(shell: Shell, key: str, at: datetime | None, limit: int | None) -> None:
    """Let people in who fit, those who fitted before the rule was published included."""
    now = instant(shell, at)
    with shell.database.workspace_tx(shell.workspace, now=now) as uow:
        done = enrol_people(uow, system_access(shell.locale), key, limit=limit)
        is_paused = state_of(uow, key) == "paused"
    words = translate("rules.enrolled", shell.locale, n=done.entered)
    if is_paused:
        words += "\n" + translate("rules.enrolled-paused", shell.locale, rule=key)
    shell.answer(asdict(done), words)


@rules_group.command("publish")
@click.argument("key", metavar="KEY")
@click.option("--inside", type=click.Choice(INSIDE), default="finish", show_default=True,
              help="What becomes of people in the version before.")  # fmt: skip
@click.option("--backlog", type=click.Choice(BACKLOG), help="Those who fit already.")
@click.option("--per-day", type=click.IntRange(1, MOST_A_DAY), help="So many of them a day.")
@click.option("--dry-run", is_flag=True, help="Only say what it would set going.")
@click.pass_obj
def publish(
    shell: Shell, key: str, inside: str, backlog: str | None, per_day: int | None, dry_run: bool
) -> None:
    """Publish a rule, with your word on whom it concerns."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=not dry_run) as uow:
        if dry_run:
            rule = Rule.from_json(store.get_draft(uow, "rule", key).raw)
            told = forecast(uow, access, rule)
            shell.answer(forecast_json(told), "\n".join(_told_lines(told, shell.locale)))
            return
        wishes = Wishes(inside, "enrol" if per_day else backlog, per_day)
        version, concerned = release(uow, access, key, wishes)
    words = translate("rules.published", shell.locale, rule=key)
    shell.answer({"rule": key, "version": version, "concerned": concerned}, words)


def _told_lines(told: Forecast, locale: str) -> list[str]:
    lines = [f"{'+' if each.is_new else '-'} {each.text}" for each in told.changes]
    lines.append(translate("rules.matches", locale, n=told.matches))
    if told.fresh is not None:
        lines.append(translate("rules.forecast-fresh", locale, n=told.fresh))
    if told.a_day is not None:
        lines.append(translate("rules.forecast-a-day", locale, n=round(told.a_day, 1)))
    lines.append(translate("rules.forecast-ms", locale, n=told.scan_ms))
    return lines


@rules_group.command("start")
@click.argument("key", metavar="KEY")
@click.argument("records", metavar="ID...", type=int, nargs=-1, required=True)
@click.pass_obj
def start(shell: Shell, key: str, records: tuple[int, ...]) -> None:
    """Start a rule for chosen records; who is in it already stays where they are."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        done = start_manually(uow, system_access(shell.locale), key, records)
    said = [translate("rules.start-entered", shell.locale, n=done.entered)]
    if done.known:
        said.append(translate("rules.start-in-already", shell.locale, n=done.known))
    said += [
        translate(f"rules.start-kept-out.{reason}", shell.locale, n=n)
        for reason, n in done.held.items()
    ]
    shell.answer(asdict(done), "\n".join(said))


@rules_group.command("pause")
@click.argument("key", metavar="KEY")
@click.pass_obj
def pause(shell: Shell, key: str) -> None:
    """Stop a rule: nobody enters, nothing more is sent."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        pause_rule(uow, system_access(shell.locale), key)
    shell.answer(
        {"rule": key, "state": "paused"}, translate("rules.paused", shell.locale, rule=key)
    )


@rules_group.command("resume")
@click.argument("key", metavar="KEY")
@AT
@click.pass_obj
def resume(shell: Shell, key: str, at: datetime | None) -> None:
    """Switch a paused rule on."""
    with shell.database.workspace_tx(shell.workspace, now=instant(shell, at)) as uow:
        resume_rule(uow, system_access(shell.locale), key)
    words = translate("rules.resumed", shell.locale, rule=key)
    shell.answer({"rule": key, "state": "active"}, words)


@rules_group.command("explain")
@click.argument("key", metavar="KEY")
@click.option("--record", type=int, required=True, metavar="ID", help="The subject's number.")
@AT
@click.pass_obj
def explain(shell: Shell, key: str, record: int, at: datetime | None) -> None:
    """Why a rule acts, or not, for one record."""
    now = instant(shell, at)
    with shell.database.workspace_tx(shell.workspace, write=False, now=now) as uow:
        found = explain_rule(uow, system_access(shell.locale), key, record)
        data = found.as_json(shell.locale)
    data["at"] = found.at.isoformat()
    marks = {True: "✓", False: "✗", None: "·"}
    lines = [f"{marks[each['holds']]} {each['text']}" for each in data["answers"]]
    shell.answer(data, "\n".join(lines))


def instant(shell: Shell, at: datetime | None) -> datetime | None:
    """The instant of `AT`; without an offset it is the shop's time."""
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=shell.workspace.tz)
