"""``regulars form …``: forms as JSON files, and what a record of one would look like."""

from __future__ import annotations

from typing import Any, TextIO

import click

from regulars.cli.base import Shell, read_object
from regulars.cli.calling import ask_json, place
from regulars.cli.changing import add_changing
from regulars.cli.definitions import definition_group
from regulars.cli.drafts import add_drafts

form = definition_group("form", "forms")
add_changing(form)
add_drafts(form)


@form.command("try")
@click.argument("form")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--record", type=int, metavar="ID", help="Changes of this record, not a new one.")
@click.pass_obj
def try_values(shell: Shell, /, form: str, file: TextIO, record: int | None) -> None:
    """What a record with the values in FILE (JSON; - for standard input) would look like."""
    above = ("forms", form, "records", *(() if record is None else (record,)))
    found = ask_json(shell, "POST", place(*above, "try"), given={"values": read_object(file)})
    shell.answer(found, "\n".join(_lines(found)))


def _lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for key, state in found["fields"].items():
        marks = [name for name in ("required", "read_only", "given") if state[name]]
        marks += [] if state["visible"] else ["hidden"]
        value = found["values"].get(key)
        lines.append(f"{key}: {'' if value is None else value}  {' '.join(marks)}".rstrip())
    return [*lines, *(f"! {each['path']}: {each['message']}" for each in found["problems"])]
