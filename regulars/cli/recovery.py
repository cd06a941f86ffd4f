"""Getting back in, and locks: one-time links, second factors, the installation's keys."""

from __future__ import annotations

import os

import click

from regulars import wiring
from regulars.cli.accounts import user
from regulars.cli.base import Shell
from regulars.cli.workspaces import workspace
from regulars.platform import secret_keys
from regulars.platform.accounts import password_links, second_factors, sessions, strictness, users
from regulars.platform.accounts.password_links import Link
from regulars.platform.accounts.users import User
from regulars.platform.config import BadConfig, Config
from regulars.platform.errors import NotFound
from regulars.platform.sealing import seal_for


@user.command("recover")
@click.argument("email")
@click.pass_obj
def recover(shell: Shell, email: str) -> None:
    """Print a one-time link with which somebody gets back in.

    They choose a new password; a second factor is turned off. For an owner who has lost both,
    and for everybody else whom no owner can help. It works once, for one hour.
    """
    with shell.database.main_tx() as connection:
        link = Link(_find(shell, email), "recovery")
        secret = password_links.issue(connection, link, now=shell.database.clock())
    address = f"{shell.config.base_url}/new-password/{secret}"
    minutes = int(password_links.LIFETIME.total_seconds()) // 60
    shell.answer({"email": link.person.email, "link": address, "minutes": minutes}, address)


@user.command("reset-second-factor")
@click.argument("email")
@click.pass_obj
def reset_second_factor(shell: Shell, email: str) -> None:
    """Turn somebody's second factor off; all their sessions end."""
    person = _find(shell, email)
    with shell.database.main_tx() as connection:
        was_on = second_factors.turn_off(connection, person.id, now=shell.database.clock())
        if was_on:
            sessions.close_sessions_of(connection, person.id)
    words = "is off now: the password alone is enough" if was_on else "was not on"
    shell.answer({"email": person.email, "was_on": was_on}, f"The second factor {words}.")


@user.command("sign-out")
@click.argument("email")
@click.pass_obj
def sign_out(shell: Shell, email: str) -> None:
    """End all sessions of somebody, on every device."""
    person = _find(shell, email)
    with shell.database.main_tx() as connection:
        ended = sessions.close_sessions_of(connection, person.id)
    shell.answer({"email": person.email, "ended": ended}, f"Sessions ended: {ended}.")


@workspace.command("security")
@click.option(
    "--owners-second-factor",
    type=click.Choice(["required", "optional"]),
    help="Whether owners must have one.",
)
@click.pass_obj
def security(shell: Shell, owners_second_factor: str | None) -> None:
    """Show, or change, what the workspace asks of its owners at sign-in."""
    place = shell.workspace
    with shell.database.main_tx() as connection:
        if owners_second_factor is not None:
            strictness.set_strict(connection, place, owners_second_factor == "required")
        strict = strictness.is_strict(connection, place)
    words = "required" if strict else "optional"
    shell.answer(
        {"workspace": place.key, "owners_second_factor": words},
        f"{place.name}: the second factor of owners is {words}.",
    )


@click.group()
def secret() -> None:
    """The keys that sign and seal (see docs/operations/security.md)."""


@secret.command("rotate")
@click.pass_obj
def rotate(shell: Shell) -> None:
    """Make a new key the newest one; older ones are understood until they are forgotten.

    Restart every part afterwards. Keys in REGULARS_SECRET_KEY are yours to change: put the new
    one in front of the old one, with a space between them.
    """
    _require_own_file(shell.config)
    secret_keys.put_in_front(shell.config.data_dir)
    fresh = Config.from_environ()
    resealed = _seal_again(shell, fresh)
    shell.answer(
        {"keys": len(fresh.secret_keys), "resealed": resealed},
        "There is a new key. Restart Regulars; then: regulars secret forget-old",
    )


@secret.command("forget-old")
@click.pass_obj
def forget_old(shell: Shell) -> None:
    """Keep the newest key only; what is signed with older ones is worthless from then on."""
    _require_own_file(shell.config)
    resealed = _seal_again(shell, shell.config)
    forgotten = secret_keys.keep_newest(shell.config.data_dir)
    shell.answer(
        {"forgotten": forgotten, "resealed": resealed},
        f"Older keys forgotten: {forgotten}. Restart Regulars.",
    )


def _seal_again(shell: Shell, config: Config) -> int:
    seal = seal_for(config.secret_keys)
    return sum(again(shell.database, seal) for again in wiring.SEALED)


def _require_own_file(config: Config) -> None:
    if os.environ.get("REGULARS_SECRET_KEY") or os.environ.get("REGULARS_SECRET_KEY_FILE"):
        raise BadConfig(
            "The keys come from REGULARS_SECRET_KEY or REGULARS_SECRET_KEY_FILE: change them "
            "there. Put the new key in front of the old one, with a space between them."
        )
    if not config.secret_key:
        raise BadConfig("There is no key yet; the first start of `regulars up` makes one.")


def _find(shell: Shell, email: str) -> User:
    with shell.database.main_tx(write=False) as connection:
        found = users.find_user(connection, email)
    if found is None:
        raise NotFound("no-user", email=email)
    return found
