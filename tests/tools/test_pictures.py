from tools.pictures import command


def test_one_guide_or_all_of_them_are_taken() -> None:
    assert command([])[-2:] == ["--pictures", "tests/guides"]
    assert command(["first-steps"])[-1] == "tests/guides/test_first_steps.py"
