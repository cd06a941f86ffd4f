"""Errors named for the reader; the web and the command line map them to a status and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.platform import i18n
from regulars.platform.problems import Problem


class BadConfig(ValueError):
    """A setting that cannot work; the text names the variable and the cure."""


class RegularsError(Exception):
    """Base of every error a person may be shown. ``code`` has words at ``errors.<code>``."""

    status = 400
    code = "refused"

    def __init__(self, code: str | None = None, **params: Any) -> None:
        super().__init__(code or self.code)
        if code:
            self.code = code
        self.params = params
        self.details: Mapping[str, Any] = {}
        """What a program may want to know besides the sentence; part of the API's answer."""

    def message(self, locale: str) -> str:
        """One sentence that names the cause and the cure."""
        words = {name: i18n.spoken(value, locale) for name, value in self.params.items()}
        return i18n.translate(f"errors.{self.code}", locale, **words)


class NotFound(RegularsError):
    """The thing does not exist here, or this person may not know that it does."""

    status, code = 404, "not-found"


class NotSignedIn(RegularsError):
    """Nobody is signed in."""

    status, code = 401, "not-signed-in"


class Forbidden(RegularsError):
    """This person may not do that."""

    status, code = 403, "forbidden"


class SecondFactorNeeded(RegularsError):
    """Owners of this workspace sign in with a second step, and this one has none yet."""

    status, code = 403, "second-factor-needed"


class Conflict(RegularsError):
    """The thing is in a state that forbids this."""

    status, code = 409, "conflict"


class VersionConflict(RegularsError):
    """Somebody else saved in between."""

    status, code = 412, "version-conflict"


class TooLarge(RegularsError):
    """More than the product takes at once."""

    status, code = 413, "too-large"


class Busy(RegularsError):
    """A store or server did not answer in time; nothing was saved."""

    status, code = 503, "busy"


class Overtaken(Busy):
    """What this transaction stood on was published anew meanwhile; run again it goes through."""


class Invalid(RegularsError):
    """What was sent has problems; all of them are listed."""

    status, code = 422, "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(n=len(problems))
        self.problems = list(problems)

    def __str__(self) -> str:
        return "; ".join(f"{p.path}: {p.code} {dict(p.params)}" for p in self.problems)
