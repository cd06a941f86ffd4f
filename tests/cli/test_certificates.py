"""``regulars certificate``: a folder that Caddy and phones can use."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    return tmp_path / "tls"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["--json", "certificate", *words])


def test_it_makes_what_caddy_and_phones_need_and_keeps_the_authority(data: Path) -> None:
    made = json.loads(run("--address", "192.168.1.20", "--https-port", "9443").output)
    assert made["url"] == "https://192.168.1.20:9443"
    authority = Path(made["authority"]).read_text()
    caddy = Path(made["caddyfile"]).read_text()
    assert f"tls {data / 'server.crt'} {data / 'server.key'}" in caddy
    assert "reverse_proxy 127.0.0.1:8000" in caddy
    for secret in ("authority.key", "server.key"):
        assert (data / secret).stat().st_mode & 0o077 == 0
    server = (data / "server.crt").read_text()
    assert run("--address", "shop.local").exit_code == 0
    assert Path(made["authority"]).read_text() == authority
    assert (data / "server.crt").read_text() != server


def test_an_address_outside_is_refused_in_words(data: Path) -> None:
    refused = run("--address", "example.org")
    assert refused.exit_code == 1
    assert "192.168.1.20" in refused.output
