from pathlib import Path

import pytest

from regulars.cli import first_run
from regulars.platform.config import Config


def config(**settings: object) -> Config:
    environ = {f"REGULARS_{name.upper()}": str(value) for name, value in settings.items()}
    return Config.from_environ({"REGULARS_DATA_DIR": "nowhere", **environ})


def test_the_banner_says_where_how_and_how_to_stop() -> None:
    said = first_run.banner(config(port=8001), ["Sign in as somebody."])
    assert "http://127.0.0.1:8001" in said
    assert "Sign in as somebody." in said
    assert "Ctrl-C" in said


def test_the_banner_gives_a_phone_an_address_it_can_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_run, "address_in_network", lambda: "192.168.1.20")
    said = first_run.banner(config(host="0.0.0.0", port=8001), [])
    assert "http://192.168.1.20:8001" in said
    assert "http://127.0.0.1:8001" in said
    assert "0.0.0.0" not in said


def test_a_machine_without_network_is_not_told_about_phones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(first_run, "address_in_network", lambda: None)
    assert "phone" not in first_run.banner(config(host="0.0.0.0"), [])


def test_a_configured_address_is_shown_as_it_is() -> None:
    shop = config(host="0.0.0.0", base_url="https://shop.example")
    assert first_run.address_here(shop) == "https://shop.example"


def test_an_interrupted_start_on_postgresql_is_not_wiped_unasked(tmp_path: Path) -> None:
    (tmp_path / first_run.UNFINISHED_FILE).touch()
    wanted = Config(data_dir=tmp_path, database_url="postgresql+psycopg://nowhere/")
    with pytest.raises(ValueError, match="Empty the database"):
        first_run.prepare(wanted, demo=True)
