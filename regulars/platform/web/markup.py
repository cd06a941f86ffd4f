"""The only module that makes trusted markup; everything else is escaped by the templates."""

from __future__ import annotations

import re
from functools import lru_cache

import segno
from markupsafe import Markup, escape

from regulars.platform import rich_text
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


def formatted(html: str) -> Markup:
    """A formatted text as it is shown; cleaned here once more, wherever it came from."""
    return Markup('<div class="rich-text">{}</div>').format(
        Markup(rich_text.clean(html))  # noqa: S704 - nothing but harmless marks is left
    )


def bars(modules: str, text: str) -> Markup:
    """A drawing that a scanner reads: bars (1) and gaps (0) as in ``modules``, the text below."""
    quiet = 10  # units of white that a scanner needs at either end
    runs, at = [], quiet
    for run in re.findall("1+|0+", modules):
        if run[0] == "1":
            runs.append(f"M{at} 0h{len(run)}v50h-{len(run)}z")
        at += len(run)
    return Markup(
        '<span class="bars" role="img" aria-label="{text}">'
        '<svg viewBox="0 -6 {width} 62" preserveAspectRatio="none" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 -6h{width}v62h-{width}z"/><path fill="#000" d="{path}"/></svg>'
        '<span class="bars-text" aria-hidden="true">{text}</span></span>'
    ).format(text=text, width=at + quiet, path="".join(runs))
