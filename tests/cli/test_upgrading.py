from tests.cli.test_accounts import Run, run  # noqa: F401 - a fixture


def test_there_is_nothing_to_do_and_no_way_back_in_a_new_installation(run: Run) -> None:  # noqa: F811
    assert "brought up" in run("migrate").output
    assert "up to date" in run("upgrade").output
    refused = run("migrate", "--back", "--yes")
    assert refused.exit_code == 1
    assert "no backup from before an upgrade" in refused.output
