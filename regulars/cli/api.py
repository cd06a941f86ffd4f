"""``regulars api …``: what programs can do here, as a document and from a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import BinaryIO

import click

from regulars.cli.base import Shell
from regulars.cli.calling import application, ask
from regulars.platform.accounts.access import system_access
from regulars.platform.web import openapi


@click.group()
def api() -> None:
    """The API for other programs."""


@api.command("call")
@click.argument("method", type=click.Choice(["GET", "POST", "PUT", "PATCH", "DELETE"], False))
@click.argument("path")
@click.option("--query", "-q", multiple=True, metavar="NAME=VALUE", help="As often as needed.")
@click.option("--body", type=click.File("rb"), help="JSON to send; - for standard input.")
@click.option("--out", type=click.File("wb"), help="Where to put the answer, such as a file.")
@click.pass_obj
def call(
    shell: Shell, method: str, path: str, query: Sequence[str], body: BinaryIO | None,
    out: BinaryIO | None,
) -> None:  # fmt: skip
    """Ask PATH of the API ("/forms/orders/records"), without a key or a server.

    Everything that programs can do is done so from a script, too.
    """
    pairs = [name_and_value(each) for each in query]
    given = body.read() if body is not None else None
    answer = ask(shell, method, "/" + path.lstrip("/"), query=pairs, body=given)
    if out is not None:
        out.write(answer.data)
    elif answer.is_json:
        click.echo(json.dumps(answer.get_json(), ensure_ascii=False, indent=2))
    else:
        click.echo(answer.data, nl=False)


def name_and_value(text: str) -> tuple[str, str]:
    """``name=value`` as two."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--query")
    return name, value


@api.command("openapi")
@click.pass_obj
def print_document(shell: Shell) -> None:
    """Print the OpenAPI 3.1 document of the workspace."""
    app = application(shell)
    server = f"{shell.config.base_url}{openapi.PREFIX}"
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        made = openapi.document(app, uow, system_access(shell.locale), server)
    click.echo(json.dumps(made, ensure_ascii=False, indent=2))
