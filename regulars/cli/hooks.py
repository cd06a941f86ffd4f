"""``regulars hook …``: the addresses that other programs post to."""

from __future__ import annotations

import json
from typing import TextIO

import click

from regulars.cli.base import Shell
from regulars.platform.accounts.access import system_access
from regulars.platform.i18n import translate
from regulars.platform.sealing import seal_for
from regulars.rule_engine import hooks
from regulars.rule_engine.api_hooks import call_json, hook_json
from regulars.rule_engine.hooks import HookMap, HookWish


@click.group("hook")
def hook() -> None:
    """Addresses that other programs post to."""


@hook.command("list")
@click.pass_obj
def list_hooks(shell: Shell) -> None:
    """Every address with its state."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        known = [hook_json(row) for row in hooks.list_hooks(uow)]
    lines = [f"{each['key']}  {each['state']}  {each['url']}" for each in known]
    shell.answer(known, "\n".join(lines))


@hook.command("add")
@click.argument("key", metavar="KEY")
@click.option("--name", default="", help="What people call it.")
@click.option("--map", "maps", type=click.File(), help="JSON: form, match, at, values, version.")
@click.pass_obj
def add_hook(shell: Shell, key: str, name: str, maps: TextIO | None) -> None:
    """Make an address; prints it and the secret that its calls are signed with, once."""
    access, seal = system_access(shell.locale), seal_for(shell.config.secret_keys)
    wish = HookWish(key, name, HookMap.from_json(json.load(maps)) if maps else None)
    with shell.database.workspace_tx(shell.workspace) as uow:
        made = hooks.add_hook(uow, access, seal, wish)
        url = hook_json(hooks.get_hook(uow, key))["url"]
    shell.answer({"key": key, "url": url, "secret": made.secret}, f"{url}\n{made.secret}")


@hook.command("rotate")
@click.argument("key", metavar="KEY")
@click.pass_obj
def rotate(shell: Shell, key: str) -> None:
    """Another secret, printed once; the one before is good for a day more."""
    access, seal = system_access(shell.locale), seal_for(shell.config.secret_keys)
    with shell.database.workspace_tx(shell.workspace) as uow:
        made = hooks.rotate_secret(uow, access, seal, key)
    shell.answer({"key": key, "secret": made.secret}, made.secret)


@hook.command("pause")
@click.argument("key", metavar="KEY")
@click.pass_obj
def pause(shell: Shell, key: str) -> None:
    """Take nothing for now."""
    _set_state(shell, key, "paused")


@hook.command("resume")
@click.argument("key", metavar="KEY")
@click.pass_obj
def resume(shell: Shell, key: str) -> None:
    """Take calls again."""
    _set_state(shell, key, "active")


@hook.command("calls")
@click.argument("key", metavar="KEY")
@click.pass_obj
def calls(shell: Shell, key: str) -> None:
    """What was posted last and what came of it."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        rows = [call_json(row) for row in hooks.last_calls(uow, key)]
    lines = [f"{each['at'].isoformat()}  {each['outcome']}  {each['message']}" for each in rows]
    shell.answer([{**row, "at": row["at"].isoformat()} for row in rows], "\n".join(lines))


@hook.command("remove")
@click.argument("key", metavar="KEY")
@click.pass_obj
def remove(shell: Shell, key: str) -> None:
    """Take an address away."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        hooks.remove_hook(uow, system_access(shell.locale), key)
    shell.answer({"key": key}, translate("hooks.removed", shell.locale))


def _set_state(shell: Shell, key: str, state: str) -> None:
    with shell.database.workspace_tx(shell.workspace) as uow:
        hooks.set_state(uow, system_access(shell.locale), key, state)
    shell.answer({"key": key, "state": state}, translate(f"hooks.state-{state}", shell.locale))
