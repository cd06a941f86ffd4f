"""What an API route takes and answers, said beside the route; `openapi` makes the document of it.

A schema is JSON Schema (2020-12) as a plain mapping. `named` gives one a name that several routes
may refer to. Pure data: nothing here knows Flask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from regulars.platform.i18n import Text
from regulars.platform.registry import Registry

if TYPE_CHECKING:
    from regulars.platform.accounts.access import Access
    from regulars.platform.db import UnitOfWork

Schema = Mapping[str, Any]
View = TypeVar("View", bound=Callable[..., Any])

NOTHING: Mapping[str, Any] = MappingProxyType({})
_MARK = "__regulars_api_route__"


@dataclass(frozen=True)
class ApiRoute:
    """One route. ``answers`` maps a success status to the schema of its body, None for no body.

    ``body`` is the JSON it takes (``body_optional`` when it may be left out), ``upload`` the parts
    of a multipart form instead. ``query`` are the parameters of the address. ``files`` are the
    media types of an answer that is a file. ``each`` names a registered `expansions` entry: the
    document then shows the route once for every form. ``tagged`` is ``record`` or ``draft`` where
    ETags and ``If-Match`` are understood.
    """

    area: str
    answers: Mapping[int, Schema | None]
    body: Schema | None = None
    body_optional: bool = False
    upload: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    each: str = ""
    tagged: str = ""


@dataclass(frozen=True)
class Instance:
    """One of what a route is shown for: its path values, its name, its own named schemas."""

    values: Mapping[str, str]
    label: Text
    schemas: Mapping[str, Schema] = field(default_factory=dict)


Expansion = Callable[["UnitOfWork", "Access"], Sequence[Instance]]

expansions: Registry[Expansion] = Registry("expansion of API routes")
components: dict[str, Schema] = {}


def describe(
    area: str, answers: Mapping[int, Schema | None] | Schema | None = None, **more: Any
) -> Callable[[View], View]:
    """Say what a route takes and answers; ``answers`` may be the schema of a plain 200.

    Stands below ``@workspace_api(…)``, right above the function::

        @api.get("/units")
        @workspace_api("enter")
        @describe("units", listing("units", UNIT))
        def list_units(…):
    """
    by_status = isinstance(answers, Mapping) and all(isinstance(key, int) for key in answers)
    wanted: Any = answers if by_status and answers else {200: answers}
    route = ApiRoute(area, wanted, **more)

    def decorate(view: View) -> View:
        setattr(view, _MARK, route)
        return view

    return decorate


def route_of(view: Callable[..., Any]) -> ApiRoute | None:
    """What a view says about itself, or None."""
    found: ApiRoute | None = getattr(view, _MARK, None)
    return found


def named(name: str, schema: Schema) -> Schema:
    """Give a schema a name; the reference to it."""
    if components.setdefault(name, schema) != schema:
        raise ValueError(f"Two schemas are called {name!r}.")
    return {"$ref": f"#/components/schemas/{name}"}


def definition_of(kind: str) -> Schema:
    """A reference to the schema of a kind of definition."""
    return {"$ref": f"#/components/schemas/{kind.capitalize()}Definition"}


def obj(required: Mapping[str, Schema], optional: Mapping[str, Schema] = NOTHING) -> Schema:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
    }


def array(items: Schema, **limits: int) -> Schema:
    """A list."""
    return {"type": "array", "items": items, **limits}


def listing(key: str, items: Schema, **more: Schema) -> Schema:
    """``{key: [items], …}``."""
    return obj({key: array(items), **more})


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
ID: Schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
BOOLEAN: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
ANY: Schema = {}
OBJECT: Schema = {"type": "object"}
LABEL: Schema = {
    "anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]
}

PROBLEM = named("Problem", obj({"path": TEXT, "code": TEXT, "message": TEXT}))
REFUSAL = named(
    "Refusal",
    obj(
        {
            "type": TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": TEXT,
            "title": TEXT,
            "problems": array(PROBLEM),
        },
        {"incident": TEXT, "merged_into": ID},
    ),
)
PUBLISHED = named("Published", obj({"version": COUNT, "problems": array(PROBLEM, maxItems=0)}))
STATE_QUERY: Mapping[str, Schema] = {"state": one_of("draft")}
