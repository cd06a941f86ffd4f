"""Write ``docs/reference/command-line.md`` from the commands themselves.

Run ``python -m tools.command_line`` after changing a command; ``--check`` only compares.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from regulars.cli import main as regulars

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "command-line.md"

HEAD = """\
# The command line

`regulars COMMAND`, or `python -m regulars.cli COMMAND` in a checkout. Two options come before the
command: `-w KEY` chooses the workspace (default: the only one), `--json` prints data as JSON.

Exit codes: 0 done, 1 refused (the reasons are printed), 2 wrong usage. The
[settings](../operations/running.md#settings) hold for every command.

This page is made by `python -m tools.command_line`.
"""


def commands_of(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that people see, with its full name, in the order in which it was added."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before}{name} ")
        elif not command.hidden:
            yield f"{before}{name}", command


def section(name: str, command: click.Command) -> str:
    """One command: what it does, how it is called, what its options mean."""
    with click.Context(command, info_name=f"regulars {name}") as context:
        usage = " ".join([f"regulars {name}", *command.collect_usage_pieces(context)])
        rows = [
            record
            for parameter in command.get_params(context)
            if "--help" not in parameter.opts
            and (record := parameter.get_help_record(context))
            and record[1]
        ]
    text = (command.help or "").strip()
    lines = [f"### `{name}`", "", text, "", "```", usage, "```"]
    if rows:
        lines += ["", "| option | means |", "|---|---|"]
        lines += [f"| `{_cell(option)}` | {_cell(meaning)} |" for option, meaning in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def page() -> str:
    """The whole page: one heading for each area, then its commands."""
    parts, area = [HEAD], ""
    for name, command in commands_of(regulars):
        here = name.split()[0] if " " in name else "Running it"
        if here != area:
            area = here
            parts.append(f"## {area.capitalize()}\n")
        parts.append(section(name, command) + "\n")
    return "\n".join(parts)


def main() -> int:
    """Write the page, or compare."""
    wanted = page()
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"{PAGE.relative_to(ROOT)} is out of date; run: python -m tools.command_line")
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
