"""The API of rules: definitions, runs and messages, simulations, programs that are told."""

from __future__ import annotations

from flask import Blueprint

from regulars.rule_engine.api import api as rules
from regulars.rule_engine.api_activity import api as activity
from regulars.rule_engine.api_channels import api as channels
from regulars.rule_engine.api_digests import api as digests
from regulars.rule_engine.api_goals import api as goals
from regulars.rule_engine.api_hooks import api as hooks_api
from regulars.rule_engine.api_insight import api as insight
from regulars.rule_engine.api_own_goals import api as own_goals
from regulars.rule_engine.api_webhooks import api as webhooks

BLUEPRINTS: tuple[Blueprint, ...] = (
    hooks_api, rules, goals, own_goals, activity, insight, channels, webhooks, digests,
)  # fmt: skip
