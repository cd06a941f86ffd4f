"""Fixtures for every test; each lives in the module of tests/support that owns the subject.

The order matters: a module comes after those it imports, or pytest could not rewrite its asserts.
"""

pytest_plugins = [
    "tests.support.memory_disk",
    "tests.support.options",
    "tests.support.routes",
    "tests.support.bell",
    "tests.support.network",
    "tests.support.clocks",
    "tests.support.real_data",
    "tests.support.postgres",
    "tests.support.pooler",
    "tests.support.databases",
    "tests.support.elsewhere",
    "tests.support.golden_store",
    "tests.support.expression_world",
    "tests.support.valkey",
    "tests.support.browser",
    "tests.support.pictures",
    "tests.support.live_server",
    "tests.support.site",
    "tests.support.till_screen",
    "tests.support.public_forms",
    "tests.support.log_lines",
    "tests.support.rule_shop",
    "tests.support.rule_faults",
    "tests.support.busy_shop",
]
