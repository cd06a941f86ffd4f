import json
from pathlib import Path

from tests.cli.test_accounts import Run, data, run  # noqa: F401 - a fixture


def prepare(run: Run) -> None:  # noqa: F811
    run("workspace", "create", "Shop", "--key", "shop")
    run("user", "create", "alice@shop.example", "--role", "owner")


def test_everything_goes_into_one_file_and_comes_back(run: Run, tmp_path: Path) -> None:  # noqa: F811
    prepare(run)
    file = tmp_path / "all.tar.gz"
    made = data(run("--json", "backup", str(file)))
    assert (made["checked"], made["bytes"]) == (True, file.stat().st_size)
    assert run("backup", str(file)).exit_code == 2  # never over another one
    run("workspace", "create", "Second", "--key", "second")
    assert run("restore", str(file), input="no\n").exit_code == 1
    assert len(data(run("--json", "workspace", "list"))) == 2
    done = run("restore", str(file), input="replace\n")
    assert done.exit_code == 0, done.output
    assert [each["key"] for each in data(run("--json", "workspace", "list"))] == ["shop"]
    assert "sends again" in run("workspace", "resume", "shop").output
    assert run("workspace", "resume", "shop").exit_code == 1


def test_one_workspace_comes_back_alone_or_as_a_copy(run: Run, tmp_path: Path) -> None:  # noqa: F811
    prepare(run)
    file = tmp_path / "shop.tar.gz"
    assert run("-w", "shop", "backup", str(file)).exit_code == 0
    copied = data(run("--json", "restore", str(file), "--as", "Practice"))
    assert copied == [{"key": "shop-2", "name": "Practice"}]
    assert run("restore", str(file), "--yes").exit_code == 0
    assert len(data(run("--json", "workspace", "list"))) == 2
    assert run("-w", "nowhere", "restore", str(file)).exit_code == 1


def test_a_deleted_workspace_leaves_a_backup_that_brings_it_back(run: Run) -> None:  # noqa: F811
    prepare(run)
    assert run("workspace", "delete", "shop", input="yes\n").exit_code == 1
    gone = run("--json", "workspace", "delete", "shop", "--yes")
    path = json.loads(gone.stdout)["backup"]
    assert data(run("--json", "workspace", "list")) == []
    assert data(run("--json", "restore", path)) == [{"key": "shop", "name": "Shop"}]


def test_what_is_no_backup_is_refused_in_words(run: Run, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "notes.tar.gz"
    file.write_bytes(b"not an archive at all")
    refused = run("restore", str(file))
    assert refused.exit_code == 1
    assert "damaged" in refused.output
    assert run("restore", str(tmp_path / "missing")).exit_code == 2


def test_the_key_is_in_it_only_when_asked_for(run: Run, tmp_path: Path) -> None:  # noqa: F811
    prepare(run)
    without = run("backup", str(tmp_path / "a.tar.gz"))
    assert "secret_key" in without.output
    assert "secret_key" not in run("backup", str(tmp_path / "b.tar.gz"), "--with-secrets").output
