"""Who may write into the tables of forms."""

import ast

from tests.support.house import PACKAGE, name_of


def test_only_the_write_path_writes_into_the_tables_of_forms() -> None:
    """Whoever inserts, changes or copies rows of a form goes through these modules."""
    writers = {"insert_records", "change_records", "replace_tags", "delete_rows"}
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = getattr(node, "attr", None) or getattr(node, "id", None)
            if called in writers:
                found.add(name_of(path).removeprefix("regulars/form_builder/"))
    assert found - {"storing.py", "writing.py", "removing.py"} <= {
        "people/moving_links.py",  # a merge moves links, with history and events
        "people/anonymising.py",  # erasure leaves less than a delete would
        "people/erasing.py",
        "regulars/rule_engine/simulating/aside.py",  # in a scratch copy that nobody keeps
    }
