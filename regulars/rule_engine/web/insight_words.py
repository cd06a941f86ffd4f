"""Words that the pages of simulations and effects ask for by name."""

from __future__ import annotations

from datetime import date

from regulars.platform.web.rendering import translate
from regulars.rule_engine.simulating.result import Figures
from regulars.rule_engine.web.blueprints import pages

HELD = (
    "no-consent", "consent-withdrawn", "no-address", "on-suppression-list", "quiet-hours",
    "too-late", "too-late-after-quiet-hours", "frequency-cap", "shop-cap", "run-ended",
    "too-many-parts", "day-number", "day-cost", "day-number-too-late", "day-cost-too-late",
    "min-gap", "group-full", "too-often", "loop", "chain-too-long",
)  # fmt: skip
ENDINGS = (
    "finished", "goal", "stopped", "failed", "stuck", "not_sent", "record_deleted", "answered",
    "converted", "stopped_by_hand", "rule_archived", "merged", "erased",
)  # fmt: skip


@pages.app_template_global("day_of")
def day_of(written: str) -> date:
    """A day as it is kept (ISO 8601)."""
    return date.fromisoformat(written)


@pages.app_template_global("held_words")
def held_words(code: str) -> str:
    """Why messages were held back, said of many at once."""
    return translate(f"insight.held.{code if code in HELD else 'other'}")


@pages.app_template_global("outcome_words")
def outcome_words(code: str) -> str:
    """How runs ended; an outcome that the owner has named is said as it is."""
    return translate(f"insight.outcome.{code}") if code in ENDINGS else code


@pages.app_template_global("channels")
def channels(figures: Figures) -> str:
    """How many messages went which way."""
    return " · ".join(
        f"{translate(f'rules.channel.{channel}')} {n}" for channel, n in figures.by_channel.items()
    )
