"""``regulars report …`` and ``regulars dashboard …``."""

from __future__ import annotations

from typing import BinaryIO

import click

from regulars.cli.base import Shell
from regulars.cli.definitions import definition_group
from regulars.platform import i18n
from regulars.platform.accounts.access import system_access
from regulars.platform.formats import Formats
from regulars.report_builder.export import FORMATS
from regulars.report_builder.moments import read_moment
from regulars.report_builder.service import Wish, get_report, run_report

report = definition_group("report", "reports")
dashboard = definition_group("dashboard", "dashboards")


@report.command("run")
@click.argument("key", metavar="KEY")
@click.option(
    "--param",
    "params",
    metavar="NAME=VALUE",
    multiple=True,
    help="period=this_month, period=2011-01-01/2012-01-01, or a field path and its value.",
)
@click.option("--at", default="", metavar="ISO8601", help='What the report means by "now".')
@click.option(
    "--format", "kind", type=click.Choice(sorted(FORMATS)), default="json", help="Default: json."
)
@click.option("--output", type=click.File("wb"), default="-", help="A file (default: print it).")
@click.pass_obj
def run(
    shell: Shell, key: str, params: tuple[str, ...], at: str, kind: str, output: BinaryIO
) -> None:
    """Run a published report and print its answer."""
    wanted = dict(_pair(each) for each in params)
    place = shell.workspace
    with shell.database.workspace_tx(place, write=False) as uow:
        definition = get_report(uow, key)
        wish = Wish(wanted, read_moment(at, place.tz))
        result = run_report(uow, system_access(shell.locale), definition, wish)
        formats = Formats(shell.locale, place.zone, place.currency, uow.now)
    title = i18n.pick(definition.label, shell.locale)
    output.write(FORMATS[kind].write(result, title, formats))
    if kind == "json":
        output.write(b"\n")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.UsageError(f"--param wants NAME=VALUE, not {text!r}.")
    return name, value
