"""``regulars print …``: print layouts, and records on paper."""

from __future__ import annotations

from typing import BinaryIO

import click

from regulars.cli.base import Shell
from regulars.cli.calling import ask, place
from regulars.cli.definitions import definition_group

prints = definition_group("print", "print layouts")


@prints.command("pdf")
@click.argument("key", metavar="KEY")
@click.argument("records", metavar="ID...", nargs=-1, type=int, required=True)
@click.option("--output", type=click.File("wb"), required=True, help="The file to write.")
@click.pass_obj
def pdf(shell: Shell, key: str, records: tuple[int, ...], output: BinaryIO) -> None:
    """Print records with the layout KEY into a PDF, one sheet each."""
    named = ",".join(map(str, records))
    output.write(ask(shell, "GET", place("prints", key, "pdf"), query={"record": named}).data)
