"""What a pack does, in the reader's words: for the page and the command line alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.platform import i18n
from regulars.platform.i18n import pick, translate
from regulars.seed_templates.effects import Effects
from regulars.seed_templates.installer import Outcome
from regulars.seed_templates.pack import KINDS, Pack
from regulars.seed_templates.planning import Change
from regulars.seed_templates.removal import Removed

TONES = {"create": "green", "update": "blue", "kept": "yellow"}


def action_words(change: Change, locale: str) -> str:
    """``New``, ``Stays as you made it`` …"""
    return translate(f"packs.action-{change.action}", locale)


def kind_words(kind: str, locale: str) -> str:
    """``Forms``, ``Rules`` …"""
    return translate(f"packs.kind-{kind}", locale)


def by_kind(changes: Sequence[Change]) -> list[tuple[str, list[Change]]]:
    """The changes in groups, in the order in which people think of them."""
    groups = [(kind, [each for each in changes if each.kind == kind]) for kind in KINDS]
    return [(kind, found) for kind, found in groups if found]


def effect_lines(pack: Pack, effects: Effects, locale: str) -> list[str]:
    """What the pack will be able to do, one sentence each."""
    labels = {each.key: pick(each.label, locale) for each in pack.of_kind("form")}
    lines = []
    if effects.person_forms:
        forms = _listed([labels[key] for key in effects.person_forms], locale)
        lines.append(translate("packs.holds-people", locale, forms=forms))
    if effects.channels:
        channels = _listed([_channel(name, locale) for name in effects.channels], locale)
        lines.append(
            translate("packs.sends", locale, channels=channels, n=len(effects.sending_rules))
        )
    if effects.makes_records:
        forms = _listed([labels.get(key, key) for key in effects.makes_records], locale)
        lines.append(translate("packs.makes-records", locale, forms=forms))
    if effects.roles:
        names = {each.key: pick(each.label, locale) for each in pack.of_kind("role")}
        roles = _listed([names[key] for key in effects.roles], locale)
        lines.append(translate("packs.adds-roles", locale, roles=roles))
    lines.append(translate("packs.calls-nobody", locale))
    return lines


def outcome_lines(outcome: Outcome, locale: str) -> list[str]:
    """What was done, or would be."""
    if outcome.is_nothing:
        return [translate("packs.nothing-to-change", locale)]
    lines = [
        translate("packs.line", locale, kind=kind_words(kind, locale), action=action, names=names)
        for kind, changes in by_kind(outcome.plan.changes)
        for action, names in _by_action(changes, locale)
    ]
    if outcome.paused:
        lines.append(translate("packs.paused", locale, n=len(outcome.paused)))
    if outcome.sample is not None:
        lines.append(translate("packs.sample-added", locale, n=outcome.sample.total))
    if outcome.is_dry:
        lines.append(translate("packs.was-dry", locale))
    return lines


def _by_action(changes: Sequence[Change], locale: str) -> list[tuple[str, str]]:
    """(what happens, to which) of one kind; what is there already is passed over."""
    found: dict[str, list[str]] = {}
    for change in changes:
        if change.action != "unchanged":
            found.setdefault(action_words(change, locale), []).append(pick(change.label, locale))
    return [(action, _listed(names, locale)) for action, names in found.items()]


def outcome_json(outcome: Outcome) -> Mapping[str, Any]:
    """What installing did, as data."""
    changes = [
        {"kind": each.kind, "key": each.key, "action": each.action}
        for each in outcome.plan.changes
    ]
    return {
        "pack": outcome.pack.key,
        "version": outcome.pack.version,
        "dry_run": outcome.is_dry,
        "nothing_to_change": outcome.is_nothing,
        "changes": changes,
        "paused_rules": list(outcome.paused),
        "sample_records": outcome.sample.total if outcome.sample else 0,
    }


def removed_line(removed: Removed, locale: str) -> str:
    """How many records went, and how many stay and why."""
    text = translate("packs.sample-removed", locale, n=removed.total_gone)
    if not removed.total_kept:
        return text
    return f"{text} {translate('packs.sample-kept', locale, n=removed.total_kept)}"


def _channel(name: str, locale: str) -> str:
    return i18n.find_text(f"packs.channel-{name}", locale) or name


def _listed(items: Sequence[str], locale: str) -> str:
    return str(i18n.spoken(list(items), locale))
