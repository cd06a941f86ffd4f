"""Erase people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from regulars.platform import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store up to this revision."""
    op.add_column("consent_entry", sa.Column("erased_at", columns.Instant(), nullable=True))
    _let_only_free_texts_be_erased()


_KEPT = (
    "id", "form", "record", "purpose", "channel", "action", "text_version", "actor", "at",
    "recorded_at", "prev_hash", "hash",
)  # fmt: skip
_SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _KEPT)
_ERASES = (
    "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.evidence IS NULL "
    "AND NEW.source = 'erased'"
)
_REST = "- 'evidence' - 'source' - 'erased_at'"


def _let_only_free_texts_be_erased() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS consent_entry_no_update")
        op.execute(
            "CREATE TRIGGER consent_entry_no_update BEFORE UPDATE ON consent_entry "
            f"WHEN NOT ({_ERASES} AND {_SAME}) "
            "BEGIN SELECT RAISE(ABORT, 'the consent ledger only grows'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_consent_rewrite() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_ERASES} AND to_jsonb(NEW) {_REST} = to_jsonb(OLD) {_REST} "
        "THEN RETURN NEW; END IF; RAISE EXCEPTION 'the consent ledger only grows'; END $$"
    )
    op.execute("DROP TRIGGER IF EXISTS consent_entry_only_grows ON consent_entry")
    op.execute(
        "CREATE TRIGGER consent_entry_only_grows BEFORE DELETE OR TRUNCATE "
        "ON consent_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_consent_change()"
    )
    op.execute(
        "CREATE TRIGGER consent_entry_no_rewrite BEFORE UPDATE "
        "ON consent_entry FOR EACH ROW EXECUTE FUNCTION refuse_consent_rewrite()"
    )
