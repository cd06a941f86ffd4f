"""What a list shows, as it stands in its address: view, words, filter, sort, columns, page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from werkzeug.datastructures import MultiDict

from regulars.form_builder.arranging import MOST_GROUPS, Arrangement, Group, usable
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.color_rules import ColorRule, rules_from
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.web import filters
from regulars.form_builder.web.values import field_at_path, is_listed
from regulars.platform.web.addresses import stored_id

PAGE_SIZE = 50
SHAPES = ("table", "kanban", "calendar", "gallery")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_AS_THEY_ARE = "!$'()*,/:;?@"  # signs that an address of Flask does not spell out either
MOST_COLUMNS = 6
EVERYTHING = "-"
"""The view of somebody who wants to see all records although their list opens with a view."""
COUNTED, COUNTED_WORDS = 10_000, 1000
"""Of more records a list only says that there are more; words are counted as somebody types."""


@dataclass(frozen=True)
class ListState:
    """One list of one form. ``columns`` and ``sort`` are the reader's choice over the view's.

    ``shape`` is what the records are shown as (a table, a board …) and ``by`` the field that
    says where each of them stands there; ``month`` (``2026-11``) is the one a calendar shows.
    ``colors`` are the reader's rules in place of the view's; None while they changed nothing.
    ``group`` (``tier,paid_at:month``, ``-`` for none) are the groups of a table. ``own`` is what
    the reader has changed of this view for themselves; it stands in no address.
    """

    form: str
    view: str = ""
    words: str = ""
    filter: Mapping[str, Any] | None = None
    sort: str = ""
    columns: tuple[str, ...] = ()
    page: int = 1
    shape: str = ""
    by: str = ""
    month: str = ""
    colors: tuple[ColorRule, ...] | None = None
    group: str = ""
    own: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_args(cls, form: FormDefinition, args: MultiDict[str, str]) -> ListState:
        """Read an address; what makes no sense is left out."""
        page = args.get("page", 1, type=stored_id)
        known = {view["key"] for view in form.views}
        view = args.get("view", "")
        given = [*args.getlist("col"), *args.get("cols", "").split(",")]
        return cls(
            form.key,
            view if view in known or view == EVERYTHING else "",
            args.get("q", "").strip(),
            filters.from_address(args.get("filter", "")),
            args.get("sort", ""),
            tuple(dict.fromkeys(path for path in given if path)),
            page if 0 < page < 100_000 else 1,
            args.get("as", "") if args.get("as", "") in SHAPES else "",
            args.get("by", ""),
            args.get("month", "") if _MONTH.fullmatch(args.get("month", "")) else "",
            colors=filters.colors_from_address(args.get("colors", "")),
            group=args.get("group", ""),
        )

    def url(self, **changes: Any) -> str:
        """The address of this list with something changed; it begins at the first page again."""
        asked = replace(self, **{"page": 1, **changes}).arguments
        words = "&".join(_spelled(name, str(value)) for name, value in asked.items())
        return f"{self._home}?{words}" if words else self._home

    def inside_url(self) -> str:
        """The address of what stands below the heading of a group, to be put into the table."""
        return url_for("records.inside_group", form_key=self.form, **self.arguments)

    @cached_property
    def _home(self) -> str:
        """The address of the form's whole list; a page names it a dozen times."""
        return url_for("records.index", form_key=self.form)

    @property
    def arguments(self) -> dict[str, Any]:
        """What stands behind the question mark; empty things are left out."""
        given = {
            "view": self.view,
            "q": self.words,
            "filter": filters.to_address(self.filter),
            "sort": self.sort,
            "cols": ",".join(self.columns),
            "page": self.page if self.page > 1 else None,
            "as": self.shape,
            "by": self.by,
            "month": self.month,
            "colors": filters.colors_to_address(self.colors),
            "group": self.group,
        }
        return {name: value for name, value in given.items() if value}

    def kept(self, *without: str) -> dict[str, Any]:
        """The arguments that a form of this page hands on, page and ``without`` left out."""
        return {k: v for k, v in self.arguments.items() if k not in (*without, "page")}

    def query(self, form: FormDefinition, limit: int = PAGE_SIZE) -> RecordQuery:
        """What to ask for: the view's filter and the reader's together."""
        view = self.view_of(form)
        return RecordQuery(
            filter=filters.both(view.get("where"), self.filter),
            sort=self.sort_of(form),
            limit=limit,
            offset=(self.page - 1) * PAGE_SIZE,
            count=True,
            count_to=COUNTED_WORDS if self.words else COUNTED,
            search=self.words or None,
        )

    def colors_of(self, form: FormDefinition) -> tuple[ColorRule, ...]:
        """The colours by condition: the reader's, else the view's."""
        if self.colors is not None:
            return self.colors
        return rules_from(self.view_of(form).get("colors"))

    @property
    def is_viewed(self) -> bool:
        """Whether a saved view is shown."""
        return self.view not in ("", EVERYTHING)

    def view_of(self, form: FormDefinition) -> Mapping[str, Any]:
        """The saved view that is shown, or an empty one."""
        return next((view for view in form.views if view["key"] == self.view), {})

    def sort_of(self, form: FormDefinition) -> tuple[str, ...]:
        """The order: the reader's, else the view's, else the latest first."""
        if self.sort:
            return (self.sort,)
        return tuple(self.view_of(form).get("sort", ()))

    def columns_of(self, form: FormDefinition, catalog: FormCatalog) -> list[str]:
        """The columns: the reader's, else the view's, else the form's first; pinned ones first."""
        laid = self.arrangement_of(form)
        known = [path for path in laid.columns if field_at_path(form, path, catalog) is not None]
        known = known or first_columns(form)
        pinned = [path for path in laid.pinned if path in known]
        return [*pinned, *(path for path in known if path not in pinned)]

    def arrangement_of(self, form: FormDefinition) -> Arrangement:
        """How the table is laid out: the address, else the reader's own, else the view's."""
        laid = Arrangement.from_view({**self.view_of(form), **self.own})
        if self.columns:
            laid = replace(laid, columns=self.columns)
        if self.group:
            named = [Group.from_address(each) for each in self.group.split(",") if each != "-"]
            laid = replace(laid, group=tuple(named[:MOST_GROUPS]))
        return laid

    def laid_out(self, form: FormDefinition, catalog: FormCatalog) -> Arrangement:
        """The same as far as this reader may use it; what their address asks for stays."""
        laid = self.arrangement_of(form)
        left = usable(catalog, form.key, laid)
        return replace(left, group=laid.group) if self.group else left


def first_columns(form: FormDefinition) -> list[str]:
    """What a list shows when nobody has said: what the title is made of, then the first fields."""
    placed = [key for section in form.layout for key in section.fields]
    titled = [path for path in form.title_paths if path in form.by_key]
    listed = [key for key in placed if key in form.by_key and is_listed(form.by_key[key])]
    return list(dict.fromkeys([*titled, *listed]))[:MOST_COLUMNS]


@lru_cache(maxsize=1000)
def _spelled(name: str, value: str) -> str:
    """One argument as an address spells it; a page repeats its filter in every link."""
    return urlencode({name: value}, safe=_AS_THEY_ARE)
