"""``regulars api …``: what programs can do here, as a document."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from regulars.app import create_app
from regulars.cli.base import Shell
from regulars.platform.accounts.access import system_access
from regulars.platform.ids import new_token
from regulars.platform.web import openapi


@click.group()
def api() -> None:
    """The API for other programs."""


@api.command("openapi")
@click.pass_obj
def print_document(shell: Shell) -> None:
    """Print the OpenAPI 3.1 document of the workspace."""
    # Nothing is served: the application is only asked what it could answer.
    config = replace(shell.config, secret_key=shell.config.secret_key or new_token(32))
    app = create_app(config, shell.database)
    server = f"{shell.config.base_url}{openapi.PREFIX}"
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        made = openapi.document(app, uow, system_access(shell.locale), server)
    click.echo(json.dumps(made, ensure_ascii=False, indent=2))
