"""What every command stands on: the settings, the chosen workspace, errors and output."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TextIO

import click

from regulars import __version__, wiring
from regulars.platform.config import BadConfig, Config
from regulars.platform.data_folder import FolderBusy
from regulars.platform.db import Database, Workspace
from regulars.platform.errors import Conflict, Invalid, NotFound, RegularsError
from regulars.platform.workspaces import get_workspace, list_workspaces

REFUSED = 1


@dataclass
class Shell:
    """One call of the command line. Commands get it with ``@click.pass_obj``."""

    workspace_key: str | None
    as_json: bool
    locale: str

    @cached_property
    def config(self) -> Config:
        """The settings of this installation."""
        return Config.from_environ()

    @cached_property
    def database(self) -> Database:
        """The stores, opened at the first use; closed when the command ends."""
        database = wiring.open_installation(self.config, partial(click.echo, err=True))
        click.get_current_context().find_root().call_on_close(database.close)
        return database

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace named by ``-w``, else the only one; never one at rest."""
        if self.workspace_key:
            named = get_workspace(self.database, self.workspace_key)
            if named.archived_at is not None:
                raise Conflict("workspace-archived", name=named.name)
            return named
        found = list_workspaces(self.database)
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound("no-workspace-yet")
        raise click.UsageError("Several workspaces: say which with -w WORKSPACE.")

    def answer(self, data: Any, text: str) -> None:
        """Print ``data`` as JSON with ``--json``, else ``text`` for people."""
        click.echo(json.dumps(data, ensure_ascii=False, indent=2) if self.as_json else text)


class Main(click.Group):
    """Turns refusals into reasons and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a person never sees a stack trace for a mistake of theirs."""
        try:
            return super().invoke(ctx)
        except RegularsError as error:
            _explain(error, ctx.obj)
            ctx.exit(REFUSED)
        except (BadConfig, FolderBusy) as error:
            click.echo(str(error), err=True)
            ctx.exit(REFUSED)


def _explain(error: RegularsError, shell: Shell) -> None:
    problems = error.problems if isinstance(error, Invalid) else []
    if shell.as_json:
        reasons = [
            {"path": each.path, "code": each.code, "message": each.message(shell.locale)}
            for each in problems
        ]
        body = {"code": error.code, "message": error.message(shell.locale), "problems": reasons}
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return
    click.echo(error.message(shell.locale), err=True)
    for each in problems:
        click.echo(f"  {each.path}: {each.message(shell.locale)}", err=True)


def _locale_of_terminal() -> str:
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    if not named.startswith("zh"):
        return "en"
    return "zh-Hant" if named.startswith(("zh_TW", "zh_HK")) else "zh-Hans"


@click.group(cls=Main)
@click.version_option(__version__, prog_name="Regulars")
@click.option("-w", "--workspace", metavar="KEY", help="Which workspace (default: the only one).")
@click.option("--json", "as_json", is_flag=True, help="Print data as JSON.")
@click.pass_context
def main(ctx: click.Context, workspace: str | None, as_json: bool) -> None:
    """Regulars (回头客): forms, rules and reports that turn buyers into regulars."""
    ctx.obj = Shell(workspace, as_json, _locale_of_terminal())


def read_object(file: TextIO) -> dict[str, Any]:
    """The JSON object in a file that was named on the command line."""
    try:
        found = json.load(file)
    except ValueError as error:
        raise click.UsageError(f"{file.name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"{file.name} holds no JSON object.")
    return found
