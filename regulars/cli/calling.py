"""Asking the API from the command line, within this process: no server, no key, no network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import click
from flask import Flask
from werkzeug.test import TestResponse

from regulars.app import create_app
from regulars.cli.base import REFUSED, Shell
from regulars.platform.accounts.routing import INSIDE
from regulars.platform.ids import new_token
from regulars.platform.web import openapi

REFUSALS = 400  # and above: the status of an answer that says no
Query = Mapping[str, Any] | Iterable[tuple[str, Any]]


def ask(
    shell: Shell, method: str, path: str, *, query: Query = (), body: bytes | None = None,
    kind: str = "application/json",
) -> TestResponse:  # fmt: skip
    """The answer of ``METHOD /api/v1/PATH`` in the chosen workspace; refusals end the command."""
    client = application(shell).test_client(use_cookies=False)
    answer = client.open(
        openapi.PREFIX + path, method=method.upper(), query_string=dict(query), data=body,
        content_type=kind if body is not None else None,
        headers={"Accept-Language": shell.locale},
        environ_overrides={INSIDE: shell.workspace},
    )  # fmt: skip
    if answer.status_code >= REFUSALS:
        _explain(shell, answer)
        click.get_current_context().exit(REFUSED)
    return answer


def application(shell: Shell) -> Flask:
    """The application, asked within this process; nothing is served."""
    config = replace(shell.config, secret_key=shell.config.secret_key or new_token(32))
    return create_app(config, shell.database)


def ask_json(shell: Shell, method: str, path: str, *, query: Query = (), given: Any = None) -> Any:
    """What the API answers, as plain data; ``given`` is sent as JSON."""
    body = None if given is None else json.dumps(given).encode()
    answer = ask(shell, method, path, query=query, body=body)
    return answer.get_json() if answer.data else None


def place(*parts: object) -> str:
    """A path of these parts, each safe within it."""
    return "".join("/" + quote(str(part), safe="") for part in parts)


def _explain(shell: Shell, answer: TestResponse) -> None:
    told = answer.get_json(silent=True) or {"title": answer.status}
    if shell.as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(told.get("detail") or told.get("title"), err=True)
    for each in told.get("problems", ()):
        click.echo(f"  {each['path']}: {each['message']}", err=True)
