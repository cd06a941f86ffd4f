"""A run's story as plain lines of text, for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from regulars.platform.expressions.findings import Finding
from regulars.platform.i18n import spoken, translate
from regulars.rule_engine.tracing.story import Line, Story


def story_lines(story: Story, locale: str, zone: ZoneInfo) -> list[str]:
    """What started it, one line per step with what it found and did below, what it has won."""
    start = story.start
    lines = [
        f"{_clock(start.at, zone)}  {start.words}" + (f": {start.title}" if start.title else "")
    ]
    lines += _leaves(story.fits)
    for each in story.lines:
        step = each.trace
        lines.append(f"{_clock(step.started_at, zone)}  {each.words}  [{step.outcome}]")
        lines += below(each, locale, zone)
    for won in story.won:
        value = "" if won.value is None else f"  {won.value}"
        said = translate("rules.won", locale)
        lines.append(f"{_clock(won.at, zone)}  {said}: {won.title}{value}")
    return lines


def below(each: Line, locale: str, zone: ZoneInfo) -> Iterator[str]:
    """What one step found and did, indented."""
    yield from _leaves(each.finding)
    for touched in each.touched:
        yield f"    {touched.title}"
        for key, pair in touched.entry.changes.items():
            before, after = (_said(value, locale) for value in pair)
            yield f"      {key}: {before} → {after}"
    if each.event is not None:
        yield f"    {each.event.words}, {_clock(each.event.at, zone)}"
    if each.message is not None:
        state = translate(f"messages.state.{each.message.status}", locale)
        yield f"    {state}: {each.message.words}"
    for click in each.clicks:
        at = _clock(click.first_at, zone)
        said = translate("rules.clicked-link", locale, name=click.name, n=click.clicks, at=at)
        yield f"    {said}"
    if each.task is not None:
        yield f"    {each.task.title} ({each.task.outcome or each.task.state})"
    if each.trace.attempts > 1:
        yield f"    {translate('rules.tried', locale, n=each.trace.attempts)}"
    if each.trace.error:
        yield f"    {_reason(each.trace.error, locale)}"


def _reason(error: Mapping[str, Any], locale: str) -> str:
    params = {name: value for name, value in error.items() if name != "code"}
    return translate(f"rules.reason.{error['code']}", locale, **params)


def _said(value: Any, locale: str) -> str:
    """A kept value; of a link its title."""
    if isinstance(value, Mapping) and "title" in value:
        return str(value["title"])
    return "–" if value is None else str(spoken(value, locale))


def _leaves(found: Finding | None) -> Iterator[str]:
    """Every leaf with the value that it found."""
    if found is None:
        return
    if found.kind == "leaf":
        yield f"    {'+' if found.holds else '-'} {found.text} ({found.shown})"
    for item in found.items:
        yield from _leaves(item)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
