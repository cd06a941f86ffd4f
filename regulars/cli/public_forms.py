"""``regulars public_form …``: forms for strangers, their links and posters."""

from __future__ import annotations

from typing import BinaryIO

import click

from regulars.cli.base import Shell
from regulars.cli.calling import ask, ask_json, place
from regulars.cli.definitions import definition_group

public_forms = definition_group("public_form", "public forms")
_PLACE = "public-forms"


@public_forms.command("links")
@click.argument("key", metavar="KEY")
@click.option("--shop", is_flag=True, help="Make a link for the shop as a whole.")
@click.option("--unit", "units", multiple=True, type=int, help="Make one for this store.")
@click.pass_obj
def list_links(shell: Shell, key: str, shop: bool, units: tuple[int, ...]) -> None:
    """The links of KEY; with --shop or --unit those that are missing are made first."""
    wanted = [*([None] if shop else []), *units]
    where, given = place(_PLACE, key, "links"), {"units": wanted}
    found = (
        ask_json(shell, "POST", where, given=given) if wanted else ask_json(shell, "GET", where)
    )
    lines = [f"{e['id']}  {e['state']}  {e['received']}  {e['store'] or '-'}  {e['url']}"
             for e in found["links"]]  # fmt: skip
    shell.answer(found["links"], "\n".join(lines))


@public_forms.command("link")
@click.argument("key", metavar="KEY")
@click.argument("number", metavar="LINK", type=int)
@click.argument("state", type=click.Choice(["open", "paused"]))
@click.pass_obj
def set_state(shell: Shell, key: str, number: int, state: str) -> None:
    """Pause the link LINK of KEY, or open it again."""
    where = place(_PLACE, key, "links", str(number))
    found = ask_json(shell, "PATCH", where, given={"state": state})
    shell.answer(found, f"{found['id']}  {found['state']}")


@public_forms.command("poster")
@click.argument("key", metavar="KEY")
@click.argument("number", metavar="LINK", type=int)
@click.option("--output", type=click.File("wb"), required=True, help="The file to write.")
@click.option("--png", is_flag=True, help="Only the code, as a picture.")
@click.pass_obj
def poster(shell: Shell, key: str, number: int, output: BinaryIO, png: bool) -> None:
    """Write a poster with the code of a link (PDF), or the code alone."""
    what = "code" if png else "poster"
    output.write(ask(shell, "GET", place(_PLACE, key, "links", str(number), what)).data)
