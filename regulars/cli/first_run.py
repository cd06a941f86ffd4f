"""The first start: what a new data folder is given, and what the owner is told."""

from __future__ import annotations

import click

from regulars import wiring
from regulars.platform.config import Config


def prepare(config: Config, *, demo: bool) -> list[str]:
    """Make the stores; the lines the owner needs for the first sign-in."""
    database = wiring.open_installation(config)
    database.close()
    return []


def banner(config: Config, welcome: list[str]) -> str:
    """What is shown once the pages answer."""
    lines = ["", f"  Regulars is running: {click.style(config.base_url, bold=True)}"]
    lines += [f"  {line}" for line in welcome]
    lines += ["  Stop with Ctrl-C.", ""]
    return "\n".join(lines)
