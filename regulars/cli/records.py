"""``regulars record …``: single records, through the same doors as every program."""

from __future__ import annotations

import json
from typing import Any, TextIO

import click

from regulars.cli.base import Shell, read_object
from regulars.cli.calling import ask_json, place

FORM = click.argument("form")
RECORD = click.argument("record", type=int, metavar="ID")
VALUES = click.argument("file", type=click.File("r", encoding="utf-8"))


@click.group()
def record() -> None:
    """The records of a form, one by one or a page at a time."""


@record.command("list")
@FORM
@click.option("--where", type=click.File("r", encoding="utf-8"), help="A condition, as JSON.")
@click.option("--search", "q", metavar="WORDS", help="Words that the record holds.")
@click.option("--sort", help="Fields by commas; -FIELD is the largest first.")
@click.option("--fields", help="Which fields, by commas.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--cursor", help="Where the page before ended.")
@click.pass_obj
def list_records(shell: Shell, /, form: str, where: TextIO | None, **wanted: Any) -> None:
    """Records that meet a condition, one line of JSON each."""
    given = {name: value for name, value in wanted.items() if value is not None}
    if where is not None:
        given["filter"] = read_object(where)
    for name in ("sort", "fields"):
        if name in given:
            given[name] = given[name].split(",")
    found = ask_json(shell, "POST", place("forms", form, "records", "search"), given=given)
    lines = [json.dumps(each, ensure_ascii=False) for each in found["records"]]
    if found.get("next"):
        lines.append(f"--cursor {found['next']}")
    shell.answer(found, "\n".join(lines))


@record.command("summary")
@FORM
@click.option("--where", type=click.File("r", encoding="utf-8"), help="A condition, as JSON.")
@click.option("--search", "q", metavar="WORDS", help="Words that the record holds.")
@click.option("--by", "groups", multiple=True, metavar="FIELD[:PERIOD]", help="Group by it.")
@click.option("--sum", "sums", multiple=True, metavar="FIELD=WHAT", help="Such as amount=sum.")
@click.pass_obj
def summary(
    shell: Shell, form: str, where: TextIO | None, q: str | None, groups: tuple[str, ...],
    sums: tuple[str, ...],
) -> None:  # fmt: skip
    """How many records there are, and what they come to, also by groups."""
    given: dict[str, Any] = {"summaries": dict(each.partition("=")[::2] for each in sums)}
    named = (each.partition(":") for each in groups)
    given["group"] = [{"field": path, **({"by": by} if by else {})} for path, _, by in named]
    if where is not None:
        given["filter"] = read_object(where)
    if q:
        given["q"] = q
    _tell(shell, ask_json(shell, "POST", place("forms", form, "records", "summary"), given=given))


@record.command("show")
@FORM
@RECORD
@click.pass_obj
def show(shell: Shell, form: str, record: int) -> None:
    """Everything on one record."""
    _tell(shell, ask_json(shell, "GET", place("forms", form, "records", record)))


@record.command("create")
@FORM
@VALUES
@click.pass_obj
def create(shell: Shell, form: str, file: TextIO) -> None:
    """Add the record in FILE (JSON; - for standard input)."""
    given = read_object(file)
    _tell(shell, ask_json(shell, "POST", place("forms", form, "records"), given=given))


@record.command("update")
@FORM
@RECORD
@VALUES
@click.pass_obj
def update(shell: Shell, form: str, record: int, file: TextIO) -> None:
    """Change the fields named in FILE (JSON; - for standard input)."""
    given = read_object(file)
    _tell(shell, ask_json(shell, "PATCH", place("forms", form, "records", record), given=given))


@record.command("delete")
@FORM
@RECORD
@click.pass_obj
def delete(shell: Shell, form: str, record: int) -> None:
    """Put a record into the recycle bin."""
    ask_json(shell, "DELETE", place("forms", form, "records", record))
    shell.answer({"id": record}, str(record))


@record.command("history")
@FORM
@RECORD
@click.pass_obj
def history(shell: Shell, form: str, record: int) -> None:
    """Who changed what, newest first."""
    _tell(shell, ask_json(shell, "GET", place("forms", form, "records", record, "history")))


@record.command("put-back")
@FORM
@RECORD
@click.argument("entry", metavar="ENTRY", type=int)
@click.argument("fields", metavar="[FIELD]...", nargs=-1)
@click.pass_obj
def put_back(shell: Shell, form: str, record: int, entry: int, fields: tuple[str, ...]) -> None:
    """Give fields the values from before ENTRY of the history; all of it without a FIELD."""
    path = place("forms", form, "records", record, "history", entry, "put-back")
    _tell(shell, ask_json(shell, "POST", path, given={"fields": list(fields)} if fields else {}))


@record.command("timeline")
@FORM
@RECORD
@click.pass_obj
def timeline(shell: Shell, form: str, record: int) -> None:
    """Everything around a record, newest first."""
    _tell(shell, ask_json(shell, "GET", place("forms", form, "records", record, "timeline")))


def _tell(shell: Shell, found: Any) -> None:
    shell.answer(found, json.dumps(found, ensure_ascii=False, indent=2))


@record.command("comments")
@FORM
@RECORD
@click.pass_obj
def comments(shell: Shell, form: str, record: int) -> None:
    """What the team wrote on a record, oldest first."""
    found = ask_json(shell, "GET", place("forms", form, "records", record, "comments"))
    told = found["comments"]
    lines = [f"{each['id']}  {each['at']}  {each['name']}: {each['text']}" for each in told]
    shell.answer(found, "\n".join(lines))


@record.command("comment")
@FORM
@RECORD
@click.argument("text")
@click.pass_obj
def comment(shell: Shell, form: str, record: int, text: str) -> None:
    """Write a comment on a record; @NAME gives that colleague a task."""
    path = place("forms", form, "records", record, "comments")
    _tell(shell, ask_json(shell, "POST", path, given={"text": text}))


@record.command("state")
@FORM
@RECORD
@click.pass_obj
def state(shell: Shell, form: str, record: int) -> None:
    """Where a record stands, which ways lead on, and who is asked to sign."""
    _tell(shell, ask_json(shell, "GET", place("forms", form, "records", record, "state")))


@record.command("move")
@FORM
@RECORD
@click.argument("to")
@click.option("--comment", default="", help="A word about it.")
@click.pass_obj
def move(shell: Shell, form: str, record: int, to: str, comment: str) -> None:
    """Take a record to the state TO."""
    path = place("forms", form, "records", record, "move")
    _tell(shell, ask_json(shell, "POST", path, given={"to": to, "comment": comment}))


@record.command("bulk")
@FORM
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--apply", "does_it", is_flag=True, help="Do it as well, not only look.")
@click.option("--live", is_flag=True, help="Start rules for the records.")
@click.pass_obj
def bulk(shell: Shell, form: str, file: TextIO, *, does_it: bool, live: bool) -> None:
    """See what FILE (JSON; - for standard input) would do to many records.

    It holds "changes" and "filter" or "ids", as for the API. With --apply it is done.
    """
    here = place("forms", form, "records", "bulk")
    found = ask_json(shell, "POST", here, given=read_object(file))
    if does_it and found["state"] == "checked":
        how = {"automation": "live" if live else "none"}
        found = ask_json(shell, "POST", f"{here}/{found['id']}/apply", given=how)
    _tell(shell, found)


@record.command("bulk-undo")
@FORM
@click.argument("number", type=int)
@click.pass_obj
def bulk_undo(shell: Shell, form: str, number: int) -> None:
    """Put back what a change of many records did, where nobody has saved since."""
    here = place("forms", form, "records", "bulk", number)
    _tell(shell, ask_json(shell, "POST", f"{here}/undo"))
