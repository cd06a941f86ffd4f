"""Command line: which databases, and whether the long runs are wanted."""

import pytest

DATABASES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("regulars")
    group.addoption(
        "--database",
        choices=[*DATABASES, "pgbouncer", "both"],
        default="both",
        help="run database tests on this one only (default: both); pgbouncer: behind a pooler",
    )
    group.addoption("--full", action="store_true", help="also the runs marked 'full'")
    group.addoption(
        "--pictures", action="store_true", help="take the pictures of docs/guide (tests/guides)"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    is_full, is_pooled = config.getoption("--full"), config.getoption("--database") == "pgbouncer"
    is_walked = is_full or config.getoption("--pictures")
    left_out = [
        item
        for item in items
        if (item.get_closest_marker("full") and not is_full)
        or (item.get_closest_marker("pictures") and not is_walked)
        or (is_pooled and not _asks_a_server(item))
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def _asks_a_server(item: pytest.Item) -> bool:
    """Whether a pooler can make a difference to this test."""
    callspec = getattr(item, "callspec", None)
    fixtures = getattr(item, "fixturenames", ())
    return "postgres_front" in fixtures or (
        callspec is not None and "postgresql" in callspec.params.values()
    )


def chosen_databases(config: pytest.Config) -> tuple[str, ...]:
    """The databases this run is about."""
    choice = config.getoption("--database")
    if choice == "pgbouncer":  # PostgreSQL behind a pooler
        return ("postgresql",)
    return DATABASES if choice == "both" else (choice,)


def databases_for(metafunc: pytest.Metafunc) -> tuple[str, ...]:
    """The databases one test runs on: all chosen ones, or one where they make no difference.

    What pages and routes do with a database is done by services, which are tested on all of them;
    the pages themselves are walked through on the second one in the long run.
    """
    chosen = chosen_databases(metafunc.config)
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    if "postgresql" in marks:
        return tuple(kind for kind in chosen if kind == "postgresql")
    outside = "web" in metafunc.definition.path.parts and not metafunc.config.getoption("--full")
    return chosen[:1] if outside or marks & {"one_database", "browser"} else chosen
