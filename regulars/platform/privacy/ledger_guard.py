"""Triggers that let the consent ledger only grow, on both databases.

One change is allowed: to erase the free texts of an entry, once. Every other column stays as it
is; `regulars.platform.privacy.ledger` vouches for it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_KEPT = (
    "id", "form", "record", "purpose", "channel", "action", "text_version", "actor", "at",
    "recorded_at", "prev_hash", "hash",
)  # fmt: skip
_SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _KEPT)
_ERASES = (
    "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.evidence IS NULL "
    "AND NEW.source = 'erased'"
)
_REFUSE = "SELECT RAISE(ABORT, 'the consent ledger only grows')"

ON_SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS consent_entry_no_delete BEFORE DELETE ON consent_entry "
    f"BEGIN {_REFUSE}; END",
    "CREATE TRIGGER IF NOT EXISTS consent_entry_no_update BEFORE UPDATE ON consent_entry "
    f"WHEN NOT ({_ERASES} AND {_SAME}) BEGIN {_REFUSE}; END",
)
_REST = "- 'evidence' - 'source' - 'erased_at'"
ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION refuse_consent_change() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''the consent ledger only grows''; END'",
    "CREATE OR REPLACE FUNCTION refuse_consent_rewrite() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF {_ERASES} AND to_jsonb(NEW) {_REST} = to_jsonb(OLD) {_REST} "
    "THEN RETURN NEW; END IF; RAISE EXCEPTION 'the consent ledger only grows'; END $$",
    "DROP TRIGGER IF EXISTS consent_entry_only_grows ON consent_entry",
    "CREATE TRIGGER consent_entry_only_grows BEFORE DELETE OR TRUNCATE "
    "ON consent_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_consent_change()",
    "DROP TRIGGER IF EXISTS consent_entry_no_rewrite ON consent_entry",
    "CREATE TRIGGER consent_entry_no_rewrite BEFORE UPDATE "
    "ON consent_entry FOR EACH ROW EXECUTE FUNCTION refuse_consent_rewrite()",
)


def guard_ledger(table: sa.Table) -> None:
    """Make the triggers whenever the table is made."""
    for dialect, statements in (("sqlite", ON_SQLITE), ("postgresql", ON_POSTGRESQL)):
        for statement in statements:
            sa.event.listen(table, "after_create", _only_on(dialect, statement))


def _only_on(dialect: str, statement: str) -> Any:
    return sa.DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
