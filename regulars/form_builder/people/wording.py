"""What pages, API and command line say about duplicates."""

from __future__ import annotations

from typing import Any

from regulars.form_builder.people.duplicates import Doubles, LookAlike, Member
from regulars.form_builder.people.erase_plan import ErasePlan
from regulars.form_builder.people.grouping import Suspects
from regulars.form_builder.people.likeness import Likeness, Sketch
from regulars.form_builder.people.merging import Merged, MergePlan
from regulars.platform.i18n import pick, translate
from regulars.platform.privacy.masks import mask_email, mask_phone

_STAYING = ("consent_entry", "outbound", "run", "person_log")
_GOING = ("history", "trash", "event", "decision", "blob")
_LEVELS = ((85, "very-likely"), (70, "likely"), (0, "possible"))
LEVEL_TONES = {"very-likely": "red", "likely": "orange", "possible": "gray"}


def level_of(score: int) -> str:
    """very-likely, likely or possible; the words stand at ``people.level.<level>``."""
    return next(level for least, level in _LEVELS if score >= least)


def reason_words(likeness: Likeness, locale: str) -> list[str]:
    """Why, in words, the strongest reason first."""
    return [
        translate(f"people.reason.{reason.code}", locale, **reason.params)
        for reason in likeness.reasons
    ]


def contact_words(sketch: Sketch) -> str:
    """How to tell this person from another at a glance: 138****1234, or the address."""
    return mask_phone(sketch.phone) or mask_email(sketch.email)


def doubles_json(doubles: Doubles, locale: str) -> dict[str, Any]:
    """A group as outside clients read it."""
    return {
        "score": doubles.group.score,
        "level": level_of(doubles.group.score),
        "people": [_member_json(each) for each in doubles.members],
        "pairs": [_pair_json(each, locale) for each in doubles.group.pairs],
    }


def look_alike_json(found: LookAlike, locale: str) -> dict[str, Any]:
    """A record that resembles the one being written, as outside clients read it."""
    return {
        "id": found.id,
        "title": found.title,
        "score": found.likeness.score,
        **_reasons_json(found.likeness, locale),
    }


def plan_json(plan: MergePlan, locale: str) -> dict[str, Any]:
    """What a merge would do, as outside clients read it."""
    return {
        "keep": {"id": plan.keep.id, "title": plan.keep.title},
        "drop": {"id": plan.drop.id, "title": plan.drop.title},
        "choose": {each.field.key: each.side for each in plan.choices if each.differs},
        "follows": plan.counts,
        "problems": [problem.as_json(locale) for problem in plan.problems],
    }


def merged_json(merged: Merged) -> dict[str, Any]:
    """What a merge did, as outside clients read it."""
    return {
        "merge": merged.id,
        "keep": merged.keep,
        "drop": merged.drop,
        "follows": dict(merged.counts),
        "again": merged.again,
    }


def erase_plan_json(plan: ErasePlan, locale: str) -> dict[str, Any]:
    """What erasing would do, as outside clients read it."""
    return {
        "id": plan.person.id,
        "title": plan.person.title,
        "counts": dict(plan.holdings),
        "relations": [
            {
                "link": relation.name,
                "count": len(relation.ids),
                "policy": relation.policy,
                "policies": list(relation.policies),
            }
            for relation in plan.seen
        ],
        "unseen": plan.unseen,
        "mentions": [pick(each, locale) for each in plan.mentions],
    }


def staying(plan: ErasePlan) -> dict[str, int]:
    """Tables whose rows stay without leading to the person, with their numbers of rows."""
    return {name: n for name, n in plan.holdings.items() if name in _STAYING}


def going(plan: ErasePlan) -> dict[str, int]:
    """Tables that people know by name and whose rows go, with their numbers of rows."""
    return {name: n for name, n in plan.holdings.items() if name in _GOING}


def table_key(name: str) -> str:
    """The catalog key of a table's name."""
    return f"people.table.{name}"


def erase_lines(plan: ErasePlan, locale: str) -> list[str]:
    """What would happen, a line each."""
    lines = [
        translate(
            f"people.policy-line.{relation.policy}", locale, n=len(relation.ids),
            form=pick(relation.label, locale),
        )
        for relation in plan.seen
    ]  # fmt: skip
    if plan.unseen:
        lines.append(translate("people.erase-unseen", locale, n=plan.unseen))
    for words, found in (("people.goes", going(plan)), ("people.stays-bare", staying(plan))):
        lines += [
            translate(words, locale, what=translate(table_key(name), locale), n=n)
            for name, n in found.items()
        ]
    if plan.mentions:
        lines.append(translate("people.mentioned-text", locale))
    return [*lines, *(f"– {pick(each, locale)}" for each in plan.mentions)]


def follows_lines(plan: MergePlan, locale: str) -> list[str]:
    """What goes over, a line each."""
    lines = [
        translate("people.follows.link", locale, n=link.n, form=pick(link.label, locale))
        for link in plan.links
    ]
    lines += [translate(f"people.follows.{name}", locale, n=n) for name, n in plan.follows.items()]
    if plan.unseen:
        lines.append(translate("people.merge-unseen", locale, n=plan.unseen))
    return lines or [translate("people.nothing-follows", locale)]


def _member_json(member: Member) -> dict[str, Any]:
    return {"id": member.id, "title": member.title}


def _pair_json(pair: Suspects, locale: str) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "score": pair.likeness.score,
        **_reasons_json(pair.likeness, locale),
    }


def _reasons_json(likeness: Likeness, locale: str) -> dict[str, Any]:
    words = reason_words(likeness, locale)
    return {
        "reasons": [
            {"code": reason.code, "message": said}
            for reason, said in zip(likeness.reasons, words, strict=True)
        ]
    }
