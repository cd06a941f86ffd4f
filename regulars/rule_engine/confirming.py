"""The message that asks whether somebody has filled in a public form: it leaves like any other.

It belongs to no rule. It is about what the person has just done, so it needs no consent; a
refusal and the suppression list are obeyed all the same.
"""

from __future__ import annotations

from datetime import timedelta

from regulars.form_builder.public_forms.opting_in import Confirmation
from regulars.platform import jobs
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import translate
from regulars.platform.inserting import insert_missing
from regulars.platform.privacy.purposes import SERVICE
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.tables import NO_RULE, outbound

NAME = "confirm_public_form"
LATEST = timedelta(hours=24)


def send_confirmation(uow: UnitOfWork, wish: Confirmation) -> None:
    """Queue the message; a worker sends it within seconds."""
    words = {"shop": uow.workspace.name, "url": wish.url}
    if wish.channel == "sms":
        body = {"text": translate("public-forms.message-sms", wish.locale, **words)}
    else:
        body = {
            "subject": translate("public-forms.message-subject", wish.locale, **words),
            "markdown": translate("public-forms.message-mail", wish.locale, **words),
        }
    insert_missing(uow, outbound, [{
        "idempotency_key": wish.name, "run": 0, "rule": NO_RULE, "rule_version": 0, "step": "",
        "message": NAME, "message_version": 0, "form": wish.form, "record": wish.record,
        "purpose": SERVICE, "channel": wish.channel, "address": wish.address,
        "locale": wish.locale, "body": body,
        "merged": [["url", wish.url]] if wish.channel == "sms" else None, "status": "queued",
        "due_at": uow.now, "meant_at": uow.now, "expires_at": uow.now + LATEST, "attempts": 0,
        "created_at": uow.now,
    }])  # fmt: skip
    uow.after_commit(jobs.ringer(JOB))
