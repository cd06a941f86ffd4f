"""Rules and messages as kinds of definition: their schemas, their checks, what publishing does."""

from __future__ import annotations

from regulars.form_builder.definitions_seen import teller
from regulars.platform.definitions.kinds import DefinitionKind
from regulars.rule_engine.authors import only_what_they_see, with_their_own_eyes
from regulars.rule_engine.checks import check_message, check_rule
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.logbook import note_edited, note_published
from regulars.rule_engine.message import Message
from regulars.rule_engine.messages_told import tell_message
from regulars.rule_engine.publishing import rules_published
from regulars.rule_engine.reading import read_rule
from regulars.rule_engine.retelling import rule_changes
from regulars.rule_engine.schema import (
    message_problems,
    message_schema,
    rule_problems,
    rule_schema,
)


def rule_kind() -> DefinitionKind:
    """The kind ``rule``; ask only once every trigger and step is registered."""
    return DefinitionKind(
        "rule",
        rule_schema(),
        rule_problems,
        read_rule,
        check=check_rule,
        published=rules_published,
        guard=with_their_own_eyes(only_what_they_see(check_rule)),
        tell=teller(rule_problems, Rule.from_json, check_rule),
        note=note_published("rule"),
        drafted=note_edited("rule"),
        capability="edit_rules",
        retold=rule_changes,
    )


def message_kind() -> DefinitionKind:
    """The kind ``message``."""
    return DefinitionKind(
        "message",
        message_schema(),
        message_problems,
        Message.from_json,
        check=check_message,
        checks_users=True,
        guard=only_what_they_see(check_message),
        tell=tell_message,
        note=note_published("message"),
        drafted=note_edited("message"),
        capability="edit_rules",
    )
