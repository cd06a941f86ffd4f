"""The pages of rules: list, composer, runs with their traces, messages."""

from __future__ import annotations

from flask import Blueprint

from regulars.form_builder.web.record_links import PlacePage
from regulars.platform.web.definition_homes import DefinitionHome
from regulars.rule_engine.web import (
    campaigns,
    channels,
    digests,
    effects,
    goals,
    hooks,
    insight_words,
    navigation,
    own_goals,
    public,
    receipts,
    rehearsals,
    releases,
    rules,
    runs,
    sending,
    simulations,
    standing_pages,
    starting,
    starting_many,
    template_words,
    texts,
    webhooks,
    why_pages,
)
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.web.composing import pages as composer

BLUEPRINTS: tuple[Blueprint, ...] = (pages, public.public)
HOMES = (
    DefinitionHome(
        "rule", "rules.list_rules", "nav.rules", "rules.show", "rules.compose",
        review="rules.review",
    ),
    DefinitionHome(
        "goal", "rules.gallery", "goals.title", "rules.goal", "rules.edit_goal",
        review="rules.edit_goal",
    ),
    DefinitionHome(
        "message", "rules.list_texts", "messages.texts", "rules.edit_text", "rules.edit_text"
    ),
)  # fmt: skip
PLACES = {
    "run": PlacePage("edit_rules", runs.run_url),
    "message": PlacePage("edit_rules", runs.message_url),
}
PAGE_MODULES = (
    campaigns, channels, composer, digests, effects, goals, hooks, insight_words, navigation,
    own_goals, receipts, rehearsals, releases, rules, runs, sending, simulations, standing_pages,
    starting, starting_many, template_words, texts, webhooks, why_pages,
)  # fmt: skip
