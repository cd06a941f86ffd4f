"""``regulars rules simulate`` and ``effect``: what a rule would have done, and what it did."""

from __future__ import annotations

import sys
from typing import Any

import click

from regulars.cli.base import Shell
from regulars.cli.rules import AT, instant
from regulars.platform.accounts.access import system_access
from regulars.platform.i18n import translate
from regulars.rule_engine.api_insight import effect_json, simulation_json
from regulars.rule_engine.measuring.effect import effect_of
from regulars.rule_engine.simulating import keeping
from regulars.rule_engine.simulating.result import Figures
from regulars.rule_engine.simulating.simulate import simulate

_STEPS = 1000


@click.command("simulate")
@click.argument("key", metavar="KEY")
@click.option("--days", default=keeping.DEFAULT_DAYS, help="So many days back (30).")
@AT
@click.pass_obj
def simulate_rule(shell: Shell, key: str, days: int, at: Any) -> None:
    """What the rule, as it is written now, would have done. Nothing of it happens."""
    access = system_access(shell.locale)
    now = instant(shell, at)
    with shell.database.workspace_tx(shell.workspace, write=False, now=now) as uow:
        wish = keeping.wish_of(uow, access, key, days)
    with click.progressbar(length=_STEPS, file=sys.stderr) as bar:
        found = simulate(
            shell.database, shell.workspace, wish, locale=shell.locale,
            progress=lambda done: bar.update(int(done * _STEPS) - bar.pos),
        )  # fmt: skip
    with shell.database.workspace_tx(shell.workspace) as uow:
        number = keeping.keep(uow, access, wish, days, found)
        row = keeping.find(uow, access, number)
        people = keeping.people_of(uow, access, number)
        data = simulation_json(row, people, shell.locale)
    is_report = wish.raw.get("class") == "report"
    lines = _lines(found.figures, shell.locale, is_report=is_report)
    shell.answer(data, "\n".join(lines))


@click.command("effect")
@click.argument("key", metavar="KEY")
@click.pass_obj
def rule_effect(shell: Shell, key: str) -> None:
    """What came of a rule: groups, goal, and the difference with its interval."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = effect_of(uow, system_access(shell.locale), key)
    lines = [translate("insight.effect-summary", shell.locale, n=found.entered)]
    for group in found.groups:
        told = {"n": group.n, "won": group.converted, "value": group.value or 0}
        name = translate(f"insight.group.{group.name}", shell.locale)
        lines.append(f"  {name}: " + translate("insight.group-line", shell.locale, **told))
    for one, other, each in found.compared:
        names = [translate(f"insight.group.{name}", shell.locale) for name in (one, other)]
        edges = [f"{edge * 100:.1f}" for edge in (each.difference, each.low, each.high)]
        lines.append(f"  {names[0]} – {names[1]}: {edges[0]} % ({edges[1]} … {edges[2]})")
    for one, other, gained in found.gains:
        names = [translate(f"insight.group.{name}", shell.locale) for name in (one, other)]
        edges = [f"{edge:.2f}" for edge in (gained.each, gained.low, gained.high)]
        lines.append(f"  {names[0]} – {names[1]}: {edges[0]} ({edges[1]} … {edges[2]})")
    shell.answer(effect_json(found), "\n".join(lines))


def _lines(figures: Figures, locale: str, *, is_report: bool) -> list[str]:
    """The figures for people who read a terminal."""

    def say(key: str, **params: Any) -> str:
        return translate(f"insight.{key}", locale, **params)

    lines = [say("summary", people=figures.people, sent=figures.sent, days=figures.days)]
    if is_report:
        told = {"n": figures.entries, "days": figures.days}
        lines = [translate("digests.would", locale, **told)]
    lines += [
        f"  {translate(f'rules.channel.{channel}', locale)}: {n}"
        for channel, n in figures.by_channel.items()
    ]
    lines.append(f"  {say('cost')}: {figures.cost or 0}")
    lines.append(f"  {say('peak')}: {figures.peak_per_hour}")
    lines += [f"  {say('held')} ({code}): {n}" for code, n in figures.held.items()]
    if figures.withheld:
        lines.append(f"  {say('withheld')}: {figures.withheld}")
    if figures.deferred:
        lines.append(f"  {say('deferred')}: {figures.deferred}")
    if figures.doubts:
        lines.append(say("approximate") + ":")
        lines += [f"  {say(f'doubt.{code}')}" for code in figures.doubts]
    return lines
