import gzip
import re

import pytest

from regulars.platform.web.rendering import MODULES
from regulars.platform.web.static_files import root, static_url, version
from tests.support.site import Site

pytestmark = pytest.mark.one_database


def test_files_are_kept_for_a_year_under_an_address_of_their_own(site: Site) -> None:
    answer = site.visitor().get(static_url("js/app.js"))
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_compiled_reader_runs_in_its_worker_and_in_no_page(site: Site) -> None:
    visitor = site.visitor()
    worker = visitor.get(static_url("js/decoder.js")).headers["Content-Security-Policy"]
    assert "'wasm-unsafe-eval'" in worker
    assert "'unsafe-eval'" not in worker
    for name in ("js/app.js", "vendor/zxing/reader.js"):
        policy = visitor.get(static_url(name)).headers["Content-Security-Policy"]
        assert "wasm" not in policy
    assert visitor.get(static_url("vendor/zxing/reader.wasm")).mimetype == "application/wasm"


def test_an_old_address_gets_the_file_but_is_not_kept(site: Site) -> None:
    answer = site.visitor().get("/static/000000000000/js/app.js")
    assert answer.status_code == 200
    assert "max-age=0" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "name", ["css/base.css", "vendor/htmx/htmx.min.js", "vendor/zxing/reader.wasm"]
)
def test_text_travels_packed(site: Site, name: str) -> None:
    plain = site.visitor().get(static_url(name))
    packed = site.visitor().get(static_url(name), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data)


@pytest.mark.parametrize(
    "path",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "/etc/passwd",
        "js",
        "js/none.js",
        "js/../../app.py",
    ],
)
def test_s31_nothing_outside_the_folder_is_served(site: Site, path: str) -> None:
    answer = site.visitor().get(f"/static/{version()}/{path}")
    assert answer.status_code in (308, 404)
    assert b"create_app" not in answer.data


def test_health_and_readiness(site: Site) -> None:
    visitor = site.visitor()
    assert visitor.get("/healthz").json == {"ok": True}
    ready = visitor.get("/readyz")
    assert ready.status_code == 200
    assert ready.json is not None
    assert ready.json["checks"] == {"database": True}


def test_every_module_of_the_page_is_fetched_at_once() -> None:
    text = (root() / "js" / "app.js").read_text(encoding="utf-8")
    imported = {
        f"js/{name}" for name in re.findall(r'(?m)^import .* from "\./([\w-]+\.js)"', text)
    }
    assert imported | {"js/elements.js"} == set(MODULES)
