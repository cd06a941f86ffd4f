"""``regulars channel …``, ``regulars sending …``, ``regulars suppression …``."""

from __future__ import annotations

import json
from typing import Any, TextIO

import click

from regulars import wiring
from regulars.cli.base import Shell, read_object
from regulars.platform.accounts.access import system_access
from regulars.platform.hold import find_hold
from regulars.platform.i18n import translate
from regulars.platform.sealing import seal_for
from regulars.rule_engine import channel_keeping, channel_overview, suppression_list, switch
from regulars.rule_engine.channel_keeping import AccountWish
from regulars.rule_engine.channel_trying import prepare_trial, send_trial
from regulars.rule_engine.policy import cost_text
from regulars.rule_engine.policy_keeping import change_policy, policy_of, spent_today
from regulars.rule_engine.service import choose_provider

CHANNEL = click.argument("channel", metavar="CHANNEL")
ADDRESS = click.argument("address", metavar="ADDRESS")


@click.group("channel")
def channel() -> None:
    """How messages leave: who serves which channel, accounts, staff groups."""


@channel.command("list")
@click.pass_obj
def list_channels(shell: Shell) -> None:
    """Every channel and account, and how they fare."""
    around = wiring.rule_engine(shell.database).surroundings
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        rows = channel_overview.channel_rows(uow, around)
        accounts = channel_keeping.list_accounts(uow)
    data = {
        "channels": [
            {"channel": each.channel, "provider": each.provider.name, "ready": each.is_ready,
             "failures": each.state.failures}
            for each in rows
        ],
        "accounts": [
            {"key": each.key, "provider": each.provider.name, "name": each.name}
            for each in accounts
        ],
    }  # fmt: skip
    lines = [f"{each.channel}: {each.provider.name}" for each in rows]
    lines += [f"{each.key}  {each.provider.name}  {each.name}" for each in accounts]
    shell.answer(data, "\n".join(lines))


@channel.command("choose")
@CHANNEL
@click.argument("provider", metavar="PROVIDER")
@click.pass_obj
def choose(shell: Shell, channel: str, provider: str) -> None:
    """Let a provider serve a channel; outbox keeps its messages in the house."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        choose_provider(uow, system_access(shell.locale), channel, provider)
    shell.answer({"channel": channel, "provider": provider}, f"{channel}: {provider}")


@channel.command("set")
@click.argument("key", metavar="KEY")
@click.argument("file", type=click.File("r", "utf-8"), metavar="FILE")
@click.option("--provider", help="Of a staff group; an account is named after its provider.")
@click.option("--name", default="", help="What people call the group.")
@click.pass_obj
def set_account(shell: Shell, key: str, file: TextIO, provider: str | None, name: str) -> None:
    """Set an account up from a JSON object of its settings (- reads standard input)."""
    values = read_object(file)
    access, seal = system_access(shell.locale), seal_for(shell.config.secret_keys)
    wish = AccountWish(key, provider or key, values, name)
    with shell.database.workspace_tx(shell.workspace) as uow:
        kept = channel_keeping.keep_account(uow, access, seal, wish)
    data = {"key": kept.key, "provider": kept.provider.name, "inbound_url": kept.inbound_url}
    shell.answer(data, translate("channels.kept", shell.locale))


@channel.command("remove")
@click.argument("key", metavar="KEY")
@click.pass_obj
def remove_account(shell: Shell, key: str) -> None:
    """Forget an account with its secrets."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        channel_keeping.remove_account(uow, system_access(shell.locale), key)
    shell.answer({"key": key}, translate("channels.removed", shell.locale))


@channel.command("test")
@click.argument("key", metavar="KEY")
@click.option("--to", default="", help="An address; a staff group needs none.")
@click.option("--message", default="", help="The text to send, where templates are needed.")
@click.pass_obj
def test_account(shell: Shell, key: str, to: str, message: str) -> None:
    """Send a test message now."""
    access = system_access(shell.locale)
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        trial = prepare_trial(uow, access, key, to, message)
    tried = send_trial(trial, wiring.rule_engine(shell.database).surroundings)
    words = translate("channels.test-sent", shell.locale)
    if tried.reason is not None:
        params = {name: value for name, value in tried.reason.items() if name != "code"}
        words = translate(f"messages.reason.{tried.reason['code']}", shell.locale, **params)
    shell.answer(dict(vars(tried)), words)
    if tried.status != "sent":
        raise SystemExit(1)


@click.group("sending")
def sending() -> None:
    """Everything that is sent: limits, and the one switch."""


@sending.command("show")
@click.pass_obj
def show_sending(shell: Shell) -> None:
    """Whether sending is stopped, the limits, and what has left today."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        held, spent = find_hold(uow), spent_today(uow)
        data: dict[str, Any] = {
            "stopped": held is not None, "reason": held.reason if held else None,
            "by": held.by if held else None, "limits": policy_of(uow).as_json(),
            "today": {"number": spent.number, "cost": cost_text(spent.cost)},
        }  # fmt: skip
    state = "sending.is-stopped" if data["stopped"] else "sending.is-on"
    shell.answer(data, f"{translate(state, shell.locale)}\n{json.dumps(data['limits'])}")


@sending.command("stop")
@click.option("--reason", default="", help="Why; everybody sees it.")
@click.pass_obj
def stop_sending(shell: Shell, reason: str) -> None:
    """Stop everything: nothing leaves and rules rest."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        switch.stop_all(uow, system_access(shell.locale), reason)
    shell.answer({"stopped": True}, translate("sending.stopped-said", shell.locale))


@sending.command("resume")
@click.option("--drop-waiting", is_flag=True, help="Never send what waits.")
@click.pass_obj
def resume_sending(shell: Shell, drop_waiting: bool) -> None:
    """Let it go on."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        waiting = switch.go_on(uow, system_access(shell.locale), drop=drop_waiting)
    data = {"stopped": False, "waiting": waiting, "dropped": drop_waiting}
    shell.answer(data, translate("sending.resumed-said", shell.locale))


@sending.command("limits")
@click.argument("file", type=click.File("r", "utf-8"), metavar="FILE")
@click.pass_obj
def set_limits(shell: Shell, file: TextIO) -> None:
    """Set the limits from a JSON object (- reads standard input); what is not named is open."""
    wanted = read_object(file)
    with shell.database.workspace_tx(shell.workspace) as uow:
        policy = change_policy(uow, system_access(shell.locale), wanted)
    shell.answer(policy.as_json(), translate("channels.limits-kept", shell.locale))


@click.group("suppression")
def suppression() -> None:
    """Addresses that nothing is sent to any more."""


@suppression.command("show")
@CHANNEL
@ADDRESS
@click.pass_obj
def show_suppression(shell: Shell, channel: str, address: str) -> None:
    """Whether an address is on the list."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        listed = suppression_list.is_listed(uow, system_access(shell.locale), channel, address)
    key = "suppressions.is-listed" if listed else "suppressions.is-not-listed"
    shell.answer({"listed": listed}, translate(key, shell.locale, address=address))


@suppression.command("add")
@CHANNEL
@ADDRESS
@click.pass_obj
def add_suppression(shell: Shell, channel: str, address: str) -> None:
    """Never write to this address again."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        suppression_list.put_on(uow, system_access(shell.locale), channel, address)
    shell.answer({"listed": True}, translate("suppressions.added", shell.locale))


@suppression.command("remove")
@CHANNEL
@ADDRESS
@click.pass_obj
def remove_suppression(shell: Shell, channel: str, address: str) -> None:
    """Allow an address again; no consent comes back by this."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        suppression_list.take_off(uow, system_access(shell.locale), channel, address)
    shell.answer({"listed": False}, translate("suppressions.freed", shell.locale))
