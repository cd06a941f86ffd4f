import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.cli.running import queues_of_workers
from regulars.platform.jobs import QUEUES


@pytest.mark.parametrize("count", range(1, 8))
def test_however_many_workers_every_queue_is_answered(count: int) -> None:
    answered = queues_of_workers(count)
    assert len(answered) == count
    assert {queue for queues in answered for queue in queues} == set(QUEUES)


def test_from_three_workers_on_each_has_one_queue() -> None:
    assert all(len(queues) == 1 for queues in queues_of_workers(5))


@pytest.mark.parametrize("command", ["web", "worker", "ticker"])
def test_a_part_without_a_secret_says_how_to_get_one(
    command: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("REGULARS_SECRET_KEY", raising=False)
    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 1
    assert "REGULARS_SECRET_KEY" in result.output


def test_a_setting_that_cannot_work_is_named(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REGULARS_PORT", "eight thousand")
    result = CliRunner().invoke(main, ["up"])
    assert result.exit_code == 1
    assert "REGULARS_PORT must be a whole number" in result.output


def test_wrong_usage_ends_with_2() -> None:
    assert CliRunner().invoke(main, ["up", "--port", "0"]).exit_code == 2
    assert CliRunner().invoke(main, ["no-such-command"]).exit_code == 2
