"""Write the revisions that bring the stored schema to what the code says.

``python -m tools.revision "Add the table of …"`` compares an empty store at the newest revision
with the tables of the code, for both lines, and writes a module where they differ.
"""

import re
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import MigrationScript, UpgradeOps

from regulars.form_builder import undo
from regulars.platform import migrations
from regulars.platform.backups import deleting
from regulars.platform.db import main_metadata, workspace_metadata
from regulars.seed_templates import installed
from regulars.wiring import wire

ROOT = Path(__file__).resolve().parent.parent / "regulars" / "platform" / "migrations"
BESIDE_WIRING = (installed, deleting, undo)  # modules whose tables nothing in wiring imports
METADATA = {"main": main_metadata, "workspace": workspace_metadata}
MODULE = '''"""{message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from regulars.platform import columns

revision = "{revision}"
down_revision = {before}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store up to this revision."""
    {body}
'''


def difference(line: str) -> UpgradeOps | None:
    """What the code's tables have that the revisions do not make."""
    with sa.create_engine("sqlite://").connect() as connection:
        migrations.upgrade(connection, line)
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        script: MigrationScript = produce_migrations(context, METADATA[line])
    upgrades = script.upgrade_ops
    return None if upgrades is None or upgrades.is_empty() else upgrades


def write(line: str, message: str) -> Path | None:
    """The new revision of a line, None when nothing differs."""
    found = difference(line)
    if found is None:
        return None
    body = render_python_code(
        found, user_module_prefix="columns.", render_as_batch=False, migration_context=None
    )
    before = migrations.head(line)
    number = int(before) + 1 if before else 1
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40]
    path = ROOT / line / "versions" / f"r{number:04d}_{slug}.py"
    text = MODULE.format(
        message=message, revision=f"{number:04d}", before=repr(before), body=body.strip()
    )
    path.write_text(text, "utf-8")
    return path


def main() -> int:
    """Write what is missing and name it."""
    if len(sys.argv) != 2:
        sys.stdout.write(__doc__ or "")
        return 2
    wire()
    for line in migrations.LINES:
        path = write(line, sys.argv[1])
        sys.stdout.write(f"{line}: {path.name if path else 'nothing to do'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
