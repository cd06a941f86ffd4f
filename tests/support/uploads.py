"""Files for tests: pictures made here, and what attackers hand in."""

import io

from PIL import Image

SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"
PDF = (
    b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<<>>\n%%EOF"
)
PHP = b"<?php system($_GET['c']); ?>"


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 400), **more: object) -> bytes:
    """The bytes of a plain picture."""
    out = io.BytesIO()
    mode = "RGB" if kind == "JPEG" else "RGBA"
    Image.new(mode, size, "orange").save(out, kind, **more)
    return out.getvalue()
