"""``regulars pack …``: look at packs, check them, install them, add and remove sample data."""

from __future__ import annotations

import click

from regulars import wiring
from regulars.cli.base import Shell
from regulars.platform.accounts.access import system_access
from regulars.platform.errors import Invalid
from regulars.platform.i18n import pick, translate
from regulars.seed_templates.catalogue import find_pack, get_pack, shipped_packs
from regulars.seed_templates.checking import meaning_problems
from regulars.seed_templates.installed import find_installed, find_sample
from regulars.seed_templates.installer import Wishes, install, preview
from regulars.seed_templates.removal import remove_sample
from regulars.seed_templates.wording import outcome_json, outcome_lines, removed_line


@click.group("pack")
def pack_group() -> None:
    """Template packs: ready-made forms, rules and reports."""


@pack_group.command("list")
@click.pass_obj
def list_packs(shell: Shell) -> None:
    """The packs that come with the product, and which are installed."""
    with shell.database.workspace_tx(shell.workspace, write=False) as uow:
        found = {key: find_installed(uow, key) for key in shipped_packs()}
        samples = {key: find_sample(uow, key) for key in shipped_packs()}
    data, lines = [], []
    for key, pack in shipped_packs().items():
        installed, sample = found[key], samples[key]
        version = installed.version if installed else None
        state = translate("packs.installed" if installed else "packs.not-installed", shell.locale)
        lines.append(f"{key} {pack.version}  {pick(pack.label, shell.locale)}  ({state})")
        data.append(
            {
                "key": key,
                "version": pack.version,
                "label": pick(pack.label, shell.locale),
                "installed": version,
                "sample_records": sample.total if sample else 0,
            }
        )
    shell.answer(data, "\n".join(lines))


@pack_group.command("check")
@click.argument("pack", metavar="KEY_OR_PATH")
@click.pass_obj
def check_pack(shell: Shell, pack: str) -> None:
    """Whether a pack is sound: its files, their shape, and what they mean together."""
    wiring.wire()
    found = find_pack(pack)
    problems = meaning_problems(found)
    if problems:
        raise Invalid(problems)
    n = len(found.definitions)
    data = {"key": found.key, "version": found.version, "definitions": n, "problems": []}
    label = pick(found.label, shell.locale)
    words = translate("packs.sound", shell.locale, pack=label, version=found.version, n=n)
    shell.answer(data, words)


@pack_group.command("install")
@click.argument("pack", metavar="KEY_OR_PATH")
@click.option("--dry-run", is_flag=True, help="Do it all, then take it back.")
@click.option("--sample-data", is_flag=True, help="Add the pack's made-up records too.")
@click.option("--start-rules", is_flag=True, help="Also start the rules that write to people.")
@click.pass_obj
def install_pack(
    shell: Shell, pack: str, dry_run: bool, sample_data: bool, start_rules: bool
) -> None:
    """Install a pack, or bring it up to this version; twice is the same as once."""
    work = preview if dry_run else install
    wishes = Wishes(sample=sample_data, demo=start_rules)
    with shell.database.workspace_tx(shell.workspace) as uow:
        outcome = work(uow, system_access(shell.locale), find_pack(pack), wishes)
    shell.answer(outcome_json(outcome), "\n".join(outcome_lines(outcome, shell.locale)))


@pack_group.command("uninstall-sample")
@click.argument("pack", metavar="KEY")
@click.pass_obj
def uninstall_sample(shell: Shell, pack: str) -> None:
    """Remove the sample data of a pack; own records stay."""
    with shell.database.workspace_tx(shell.workspace) as uow:
        removed = remove_sample(uow, system_access(shell.locale), get_pack(pack).key)
    data = {"removed": removed.gone, "kept": removed.kept}
    shell.answer(data, removed_line(removed, shell.locale))
