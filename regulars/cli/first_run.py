"""The first start: what a new data folder is given, and what the owner is told."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import click

from regulars import wiring
from regulars.platform import data_folder
from regulars.platform.accounts import setup, signing, users
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.users import NewUser
from regulars.platform.config import BadConfig, Config
from regulars.platform.db import Database, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.platform.own_network import UNSPECIFIED, address_in_network
from regulars.rule_engine.looking_over import look_over_due
from regulars.seed_templates.catalogue import get_pack
from regulars.seed_templates.installer import Wishes, install

OWNER = "owner@demo.example"
SIGN_IN_FILE = "first_sign_in.txt"
UNFINISHED_FILE = "demo_unfinished"
PACK = "retail_crm"
LOCALE = "zh-Hans"
_PASSWORD_BYTES = 9  # 72 bits, twelve characters


def prepare(config: Config, *, demo: bool) -> list[str]:
    """Make the stores, fill a new installation, and say how the owner gets in.

    Demo data goes into a new installation only and is never added again. A first start that was
    interrupted is begun anew: nobody can have entered anything yet.
    """
    unfinished = config.data_dir / UNFINISHED_FILE
    if unfinished.exists():
        _clear(config)
    database = wiring.open_installation(config, click.echo)
    try:
        if demo and setup.is_open(database):
            unfinished.touch()
            _make_demo(config, database)
            unfinished.unlink()
        return _ways_in(config, database)
    finally:
        database.close()


def banner(config: Config, welcome: list[str]) -> str:
    """What is shown once the pages answer."""
    here = click.style(address_here(config), bold=True)
    lines = ["", f"  Regulars (回头客) is running: {here}"]
    if is_open_to_network(config) and (own := address_in_network()):
        lines.append(f"  From a phone on this network: http://{own}:{config.port}")
    lines += [f"  {line}" for line in welcome]
    lines += ["  Stop with Ctrl-C.", ""]
    return "\n".join(lines)


def address_here(config: Config) -> str:
    """The address to type on this machine; nobody can open 0.0.0.0."""
    host = urlsplit(config.base_url).hostname or ""
    return f"http://127.0.0.1:{config.port}" if host in UNSPECIFIED else config.base_url


def is_open_to_network(config: Config) -> bool:
    """Whether other machines may reach the pages."""
    return config.host in UNSPECIFIED


def _make_demo(config: Config, database: Database) -> None:
    click.echo("Opening a shop with sample data (once) …")
    now, password = database.clock(), secrets.token_urlsafe(_PASSWORD_BYTES)
    with database.main_tx() as connection:
        newcomer = NewUser(OWNER, "店主", password, LOCALE)
        owner = users.create_user(connection, newcomer, now=now, admin=True)
    shop = setup.open_shop(database, owner, Workspace(0, "shop", "回头客小店"), now=now)
    faultpoint("D1")
    with database.workspace_tx(shop, now=now) as uow:
        wishes = Wishes(sample=True, demo=True)
        install(uow, system_access(LOCALE), get_pack(PACK), wishes)
    look_over_due(database, shop, database.clock, anyway=True)  # tags and tiers at once
    faultpoint("D2")
    data_folder.write_private(config.data_dir / SIGN_IN_FILE, f"{OWNER}\n{password}\n")


def _clear(config: Config) -> None:
    """Remove what an interrupted first start left behind."""
    if config.database_url:
        raise BadConfig("The first start was interrupted. Empty the database and start again.")
    for store in config.data_dir.glob("main.db*"):
        store.unlink()
    shutil.rmtree(config.data_dir / "workspaces", ignore_errors=True)
    (config.data_dir / SIGN_IN_FILE).unlink(missing_ok=True)
    (config.data_dir / UNFINISHED_FILE).unlink()


def _ways_in(config: Config, database: Database) -> list[str]:
    code = setup.issue_code(database)
    if code is not None:
        return [f"Make it yours at {address_here(config)}/setup with this one-time code: {code}"]
    return _first_sign_in(config.data_dir / SIGN_IN_FILE, database)


def _first_sign_in(path: Path, database: Database) -> list[str]:
    """The generated password, as long as it is still the one that works."""
    if not path.is_file():
        return []
    email, password = path.read_text(encoding="utf-8").split()
    try:
        signing.check_password(database, email, password, address="", now=database.clock())
    except signing.WrongPassword:
        path.unlink()
        return []
    return [f"Sign in as {email} with the password {password} (then choose your own)."]
