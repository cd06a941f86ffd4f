"""Every route of the application with an address that fits it, for attacks on all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from regulars.platform.web.permissions import Permission, permission_of

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
NAMES = {"workspace": "shop", "form_key": "customers", "form": "customers", "locale": "en"}


@dataclass(frozen=True)
class Route:
    """One method of one rule."""

    method: str
    path: str
    rule: str
    permission: Permission


def routes(app: Flask, *methods: str) -> Iterator[Route]:
    """Every route that answers one of ``methods``."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        permission = permission_of(app.view_functions[rule.endpoint])
        assert permission is not None, rule.rule
        values = {name: _sample(rule, name) for name in rule.arguments}
        path = adapter.build(rule.endpoint, values)
        for method in methods:
            if method in (rule.methods or ()):
                yield Route(method, path, rule.rule, permission)


def private_routes(app: Flask, *methods: str) -> Iterator[Route]:
    """Those that not everybody may use."""
    return (each for each in routes(app, *methods) if each.permission.door != "everyone")


def _sample(rule: Rule, name: str) -> Any:
    converter = rule._converters[name]
    if isinstance(converter, IntegerConverter):
        return 1
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return NAMES.get(name, "x")
