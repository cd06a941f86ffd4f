"""Every test puts the application together anew; its addresses are the same each time.

Werkzeug writes and compiles a function for each of several hundred rules, which is most of what
putting the application together costs. What it wrote for a rule serves the same rule of the next
application: it finds everything of its own through the rule it is bound to.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


def compile_once() -> None:
    """From now on a rule that was compiled before is not compiled again in this process."""
    compile_builder = Rule._compile_builder
    known: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        defaults = tuple(sorted((rule.defaults or {}).items()))
        key = (rule.rule, rule.host, rule.subdomain, defaults, append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    Rule._compile_builder = remembered  # type: ignore[assignment, method-assign]


compile_once()
