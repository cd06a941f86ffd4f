"""Two versions of a rule compared as sentences: what came, and what went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.reading_back import changes_in_words
from regulars.rule_engine.schema import rule_problems
from regulars.rule_engine.speaking import speaker

Raw = Mapping[str, Any]


def rule_changes(uow: UnitOfWork, access: Access, before: Raw, after: Raw) -> list[str] | None:
    """The sentences that differ, in order; None where a version can no longer be read, or where
    they read alike (another name, another label)."""
    if rule_problems(before) or rule_problems(after):
        return None
    say = speaker(uow, access)
    found = changes_in_words(say, Rule.from_json(before), Rule.from_json(after))
    words = {
        new: i18n.translate(f"rules.change-{'new' if new else 'gone'}", access.locale)
        for new in (True, False)
    }
    return [f"{words[each.is_new]} {each.text.strip()}" for each in found] or None
