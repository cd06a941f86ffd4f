"""``user``, ``token``: people and keys from the command line."""

from __future__ import annotations

import secrets
import sys

import click

from regulars.cli.base import Shell
from regulars.platform.accounts import members, tokens, units, users
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.accounts.users import NewUser
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.i18n import LOCALES
from regulars.platform.problems import Problem

_PASSWORD_BYTES = 12

role_option = click.option("--role", required=True, help="owner, manager, clerk or one of yours.")
password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """People who can sign in."""


@user.command("create")
@click.argument("email")
@role_option
@click.option("--name", help="How others see this person (default: from the address).")
@click.option("--locale", type=click.Choice(LOCALES), help="Language (default: the workspace's).")
@password_option
@click.pass_obj
def create_user(
    shell: Shell, email: str, role: str, name: str | None, locale: str | None, password_stdin: bool
) -> None:
    """Make an account, or take an existing one into the workspace."""
    place, now = shell.workspace, shell.database.clock()
    _check_role(shell, role)
    password = _read_password() if password_stdin else secrets.token_urlsafe(_PASSWORD_BYTES)
    with shell.database.main_tx() as connection:
        known = users.find_user(connection, email)
        newcomer = NewUser(
            email, name or email.partition("@")[0], password, locale or place.locale
        )
        person = known or users.create_user(connection, newcomer, now=now)
        users.join(connection, person.id, place.id)
    with shell.database.workspace_tx(place, now=now) as uow:
        member = members.add_member(uow, person, role)
    shown = None if known or password_stdin else password
    data = {"id": member.id, "email": person.email, "role": role, "password": shown}
    words = f"{person.email} is now {role} of {place.name}."
    shell.answer(data, f"{words} Password: {shown}" if shown else words)


@user.command("password")
@click.argument("email")
@password_option
@click.pass_obj
def set_password(shell: Shell, email: str, password_stdin: bool) -> None:
    """Give somebody a new password; all their sessions end."""
    password = _read_password() if password_stdin else secrets.token_urlsafe(_PASSWORD_BYTES)
    with shell.database.main_tx() as connection:
        person = users.find_user(connection, email)
        if person is None:
            raise NotFound("no-user", email=email)
        users.set_password(connection, person, password, now=shell.database.clock())
    shown = None if password_stdin else password
    words = f"{person.email} has a new password"
    shell.answer(
        {"email": person.email, "password": shown}, f"{words}: {shown}" if shown else f"{words}."
    )


@click.group()
def token() -> None:
    """Keys for other programs (`Authorization: Bearer …`)."""


@token.command("create")
@click.argument("name")
@role_option
@click.option("--unit", metavar="CODE", help="Only the records of this store and those below it.")
@click.pass_obj
def create_token(shell: Shell, name: str, role: str, unit: str | None) -> None:
    """Make a key and print it, this once."""
    place, now = shell.workspace, shell.database.clock()
    bound = [] if unit is None else [_unit_id(shell, unit)]
    _check_role(shell, role)
    with shell.database.main_tx() as connection:
        secret = tokens.create_token(connection, place, TokenWish(name, role, bound), now=now)
        made = tokens.find_token(connection, secret)
    assert made is not None
    shell.answer({"id": made.id, "name": made.name, "role": role, "token": secret}, secret)


@token.command("list")
@click.pass_obj
def show_tokens(shell: Shell) -> None:
    """The keys of the workspace that work; their secrets are not kept."""
    with shell.database.main_tx(write=False) as connection:
        found = tokens.list_tokens(connection, shell.workspace)
    data = [
        {"id": each.id, "name": each.name, "role": each.role, "ends_in": each.hint}
        for each in found
    ]
    lines = [f"{each.id}\t{each.name}\t{each.role}\t…{each.hint}" for each in found]
    shell.answer(data, "\n".join(lines))


@token.command("revoke")
@click.argument("token_id", type=int)
@click.pass_obj
def revoke_token(shell: Shell, token_id: int) -> None:
    """End a key at once."""
    now = shell.database.clock()
    with shell.database.main_tx() as connection:
        tokens.revoke_token(connection, shell.workspace, token_id, now=now)
    shell.answer({"id": token_id, "revoked": True}, "The key no longer works.")


def _check_role(shell: Shell, role: str) -> None:
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        if role not in roles_of(uow):
            raise Invalid([Problem("role", "unknown-role", {"role": role})])


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\n")


def _unit_id(shell: Shell, code: str) -> int:
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        return units.get_by_code(uow, code).id
