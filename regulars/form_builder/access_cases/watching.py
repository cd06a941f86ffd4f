"""Where access cases speak up by themselves: at publishing, in the health report, where-used."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.form_builder.access_cases.judging import Judged, judge_all
from regulars.form_builder.access_cases.service import AccessCase, every_case, may_read
from regulars.form_builder.access_cases.wording import sentence
from regulars.form_builder.own_views.uses import mentions
from regulars.platform import i18n
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.uses import Use, Used
from regulars.platform.definitions.watching import Look, WouldBreak, is_accepted
from regulars.platform.health.findings import Finding, HealthCheck, Level, Place

WATCHED = frozenset({"form", "role"})


def watch(uow: UnitOfWork, access: Access, kinds: frozenset[str]) -> Look:
    """What held before roles or forms are published must hold afterwards, or somebody means it."""
    cases = every_case(uow) if kinds & WATCHED else []
    stood = {each.case.id for each in judge_all(uow, cases, access.locale) if each.holds}

    def look() -> None:
        now = judge_all(uow, cases, access.locale) if stood else []
        broken = [each for each in now if each.case.id in stood and not each.holds]
        if not broken:
            return
        told = [_told(uow, access, each) for each in broken]
        if not is_accepted(uow):
            raise WouldBreak(list(dict.fromkeys(told)))
        audit.note(uow, access, "cases-overruled", "; ".join(told))

    return look


def _told(uow: UnitOfWork, access: Access, found: Judged) -> str:
    """One broken case, as far as its reader may know of it."""
    if not may_read(uow, access, found.case):
        return str(i18n.translate("access-cases.unseen", access.locale))
    said = sentence(uow, found.case, access.locale)
    [seen] = judge_all(uow, [found.case], access.locale, access)
    return said if seen.holds else f"{said} {seen.words(access.locale)}"


def case_uses(uow: UnitOfWork, used: Used) -> Iterator[Use]:
    """The cases that are about a form or one of its fields, or about a role."""
    for each in every_case(uow):
        if _is_about(each, used):
            words = {locale: sentence(uow, each, locale) for locale in i18n.LOCALES}
            place = {
                locale: i18n.translate("definitions.part.access-case", locale)
                for locale in i18n.LOCALES
            }
            yield Use("access-case", str(each.id), words, "", place)


def _is_about(case: AccessCase, used: Used) -> bool:
    if used.kind == "role":
        return case.who.partition("@")[0] == used.key
    if used.kind != "form" or case.form != used.key:
        return False
    return not used.ref or used.ref == case.field or mentions(case.condition, used.ref)


def cases(place: Place) -> Iterator[Finding]:
    """Every case that does not hold; one good word where all do."""
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        found = judge_all(uow, every_case(uow), "en")
        told = [(each, _in_every_language(uow, each)) for each in found if not each.holds]
    for each, words in told:
        level: Level = "bad" if each.state == "broken" else "watch"
        yield Finding(level, f"access-case-{each.state}", {"case": words})
    if found and not told:
        yield Finding("good", "access-cases-hold", {"n": len(found)})


def _in_every_language(uow: UnitOfWork, found: Judged) -> dict[str, str]:
    return {locale: sentence(uow, found.case, locale) for locale in i18n.LOCALES}


CHECKS = (HealthCheck("access cases", cases),)
