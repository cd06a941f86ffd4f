"""Going through every page that links lead to, the way a curious reader does."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urldefrag

from werkzeug.test import TestResponse

from tests.support.site import Visitor

LINK = re.compile(r'(?:href|hx-get|action)="(/[^"]*)"')
MOST_PAGES = 350


def walk(visitor: Visitor, start: str) -> Iterator[tuple[str, TestResponse]]:
    """Follow every link of every page; sign-out and the like are forms, so nothing is left out."""
    waiting, seen = [start], {start}
    while waiting:
        address = waiting.pop()
        answer = visitor.get(address)
        assert answer.status_code < 500, address
        yield address, answer
        if answer.mimetype != "text/html":
            continue
        for found in LINK.findall(answer.text):
            target = urldefrag(unescape(found))[0]
            if target not in seen and len(seen) < MOST_PAGES and "/static/" not in target:
                seen.add(target)
                waiting.insert(0, target)
