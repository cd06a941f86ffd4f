"""``workspace``: the businesses on this installation from the command line."""

from __future__ import annotations

import click

from regulars.cli.base import Shell
from regulars.platform.accounts import installation_keys, setup, users
from regulars.platform.accounts.users import User
from regulars.platform.accounts.web.shop_form import key_from_name
from regulars.platform.accounts.web.workspace_api import workspace_json
from regulars.platform.db import Workspace
from regulars.platform.errors import NotFound
from regulars.platform.expressions.times import LEAP_DAYS
from regulars.platform.i18n import LOCALES
from regulars.platform.workspaces import (
    archive_workspace,
    get_workspace,
    list_workspaces,
    reopen_workspace,
)


@click.group()
def workspace() -> None:
    """The businesses on this installation."""


@workspace.command("create")
@click.argument("name")
@click.option("--key", help="The word in addresses (default: made from the name).")
@click.option("--owner", metavar="EMAIL", help="A user who becomes its owner.")
@click.option("--zone", default="Asia/Shanghai", show_default=True)
@click.option("--currency", default="CNY", show_default=True)
@click.option("--locale", type=click.Choice(LOCALES), default="zh-Hans", show_default=True)
@click.option(
    "--week-start", type=click.IntRange(0, 6), default=0, help="0 = Monday … 6 = Sunday."
)
@click.option(
    "--leap-day",
    type=click.Choice(list(LEAP_DAYS)),
    default="before",
    show_default=True,
    help="Where 29 February falls in years without one: on 28 February or on 1 March.",
)
@click.pass_obj
def create_workspace(
    shell: Shell, /, name: str, key: str | None, owner: str | None, **settings: str
) -> None:
    """Open a new workspace."""
    wanted = Workspace(0, key or key_from_name(name), name, **settings)  # type: ignore[arg-type]
    person = _user(shell, owner) if owner else None
    made = setup.open_shop(shell.database, person, wanted, now=shell.database.clock())
    shell.answer(workspace_json(made), f"{made.name}: {shell.config.base_url}/w/{made.key}/")


@workspace.command("list")
@click.pass_obj
def show_workspaces(shell: Shell) -> None:
    """Every workspace, also those at rest."""
    found = list_workspaces(shell.database, archived=True)
    lines = [
        f"{each.key}\t{each.name}\t{each.zone}\t{each.currency}"
        + ("\t(at rest)" if each.archived_at else "")
        for each in found
    ]
    shell.answer([workspace_json(each) for each in found], "\n".join(lines))


@workspace.command("archive")
@click.argument("key")
@click.pass_obj
def put_to_rest(shell: Shell, key: str) -> None:
    """Put a workspace to rest: rules and messages stop, its owners may still read."""
    found = get_workspace(shell.database, key)
    done = archive_workspace(shell.database, found, now=shell.database.clock())
    shell.answer(workspace_json(done), f"{done.name} is at rest.")


@workspace.command("restore")
@click.argument("key")
@click.pass_obj
def take_back(shell: Shell, key: str) -> None:
    """Take a workspace at rest back into use (a backup comes back with `regulars restore`)."""
    done = reopen_workspace(shell.database, get_workspace(shell.database, key))
    shell.answer(workspace_json(done), f"{done.name} is in use.")


def _user(shell: Shell, email: str) -> User:
    with shell.database.main_tx(write=False) as connection:
        found = users.find_user(connection, email)
    if found is None:
        raise NotFound("no-user", email=email)
    return found


@workspace.group("key")
def installation_key() -> None:
    """Keys to the installation: programs open and look after workspaces with them."""


@installation_key.command("create")
@click.argument("name")
@click.pass_obj
def create_key(shell: Shell, name: str) -> None:
    """Make a key and print it, this once."""
    with shell.database.main_tx() as connection:
        made, secret = installation_keys.create_key(connection, name, now=shell.database.clock())
    shell.answer({"id": made.id, "name": made.name, "key": secret}, secret)


@installation_key.command("list")
@click.pass_obj
def list_keys(shell: Shell) -> None:
    """The keys that work; their secrets are not kept."""
    with shell.database.main_tx(write=False) as connection:
        found = installation_keys.list_keys(connection)
    data = [{"id": each.id, "name": each.name, "ends_in": each.hint} for each in found]
    shell.answer(data, "\n".join(f"{each.id}\t{each.name}\t…{each.hint}" for each in found))


@installation_key.command("revoke")
@click.argument("key_id", type=int)
@click.pass_obj
def revoke_key(shell: Shell, key_id: int) -> None:
    """End a key at once."""
    with shell.database.main_tx() as connection:
        installation_keys.revoke_key(connection, key_id, now=shell.database.clock())
    shell.answer({"id": key_id, "revoked": True}, "The key no longer works.")
