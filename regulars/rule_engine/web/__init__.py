"""The pages of rules: list, composer, runs with their traces, messages."""

from __future__ import annotations

from flask import Blueprint

from regulars.rule_engine.web import (
    composer,
    navigation,
    public,
    rules,
    runs,
    template_words,
    texts,
    webhooks,
)
from regulars.rule_engine.web.blueprints import pages

BLUEPRINTS: tuple[Blueprint, ...] = (pages, public.public)
PAGE_MODULES = (composer, navigation, rules, runs, template_words, texts, webhooks)
