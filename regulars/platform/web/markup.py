"""The only module that makes trusted markup; everything else is escaped by the templates."""

from __future__ import annotations

from functools import lru_cache

import segno
from markupsafe import Markup, escape

from regulars.platform.web.static_files import static_url


@lru_cache(maxsize=4096)  # a page draws the same few a thousand times
def icon(name: str, size: int = 20, label: str = "", css: str = "") -> Markup:
    """One drawing of the icon sprite; without ``label`` it is decoration, hidden from readers."""
    voice = (
        Markup('role="img" aria-label="{}"').format(label)
        if label
        else Markup('aria-hidden="true"')
    )
    return Markup(
        '<svg class="icon {css}" width="{size}" height="{size}" {voice}>'
        '<use href="{sprite}#{name}"></use></svg>'
    ).format(
        css=css, size=size, voice=voice, sprite=static_url("vendor/icons.svg"), name=escape(name)
    )


def qr_code(text: str, label: str) -> Markup:
    """A drawing that a phone's camera reads as ``text``; black on white in every theme."""
    drawing = segno.make(text, micro=False).svg_inline(
        border=3, omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    # The writer's own markup: the text stands in it as squares only.
    return Markup('<span class="qr" role="img" aria-label="{}">{}</span>').format(
        label,
        Markup(drawing),  # noqa: S704
    )
