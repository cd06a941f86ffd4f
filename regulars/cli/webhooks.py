"""``regulars webhook …``: the programs that rules may call."""

from __future__ import annotations

import click

from regulars.cli.base import Shell
from regulars.platform.accounts.access import system_access
from regulars.platform.i18n import translate
from regulars.platform.sealing import seal_for
from regulars.rule_engine import webhooks
from regulars.rule_engine.webhooks import WebhookWish


@click.group("webhook")
def webhook() -> None:
    """Programs that rules may call."""


@webhook.command("list")
@click.pass_obj
def list_webhooks(shell: Shell) -> None:
    """Every program, with its address."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        known = [
            {"key": row.key, "name": row.name, "url": row.url, "local": row.local}
            for row in webhooks.list_webhooks(uow)
        ]
    shell.answer(
        known, "\n".join(f"{each['key']}  {each['name']}  {each['url']}" for each in known)
    )


@webhook.command("add")
@click.argument("key", metavar="KEY")
@click.argument("url", metavar="URL")
@click.option("--name", default="", help="What people call it.")
@click.option("--local", is_flag=True, help="Its address lies in the shop's own network.")
@click.pass_obj
def add_webhook(shell: Shell, key: str, url: str, name: str, *, local: bool) -> None:
    """Keep an address; prints the secret that its calls are signed with, once."""
    access, seal = system_access(shell.locale), seal_for(shell.config.secret_keys)
    with shell.database.workspace_tx(shell.workspace) as uow:
        secret = webhooks.add_webhook(uow, access, seal, WebhookWish(key, name, url, local=local))
    shell.answer({"key": key, "secret": secret}, secret)


@webhook.command("remove")
@click.argument("key", metavar="KEY")
@click.pass_obj
def remove_webhook(shell: Shell, key: str) -> None:
    """Forget an address."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        webhooks.remove_webhook(uow, system_access(shell.locale), key)
    shell.answer({"key": key}, translate("webhooks.removed", shell.locale))
