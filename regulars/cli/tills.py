"""``regulars till …``: the tills of a workspace, and a sale recorded as a till does."""

from __future__ import annotations

import click

from regulars.cli.base import Shell
from regulars.cli.calling import ask_json, place
from regulars.cli.definitions import definition_group

tills = definition_group("till", "tills")


@tills.command("sell")
@click.argument("key", metavar="KEY")
@click.argument("amount", metavar="AMOUNT")
@click.option(
    "--once", required=True, help="A name of this sale, 16 letters or more: it counts once."
)
@click.option("--person", type=int, help="The number of the person's record.")
@click.option("--offer", type=int, help="The number of the coupon to redeem.")
@click.pass_obj
def sell(
    shell: Shell, key: str, amount: str, once: str, person: int | None, offer: int | None
) -> None:
    """Record a sale of AMOUNT at the till KEY, with coupon and points: all of it or nothing."""
    body = {"key": once, "amount": amount, "person": person, "offer": offer}
    sold = ask_json(shell, "POST", place("tills", key, "sales"), given=body)
    shell.answer(sold, f"{sold['sale']}  {sold['points'] or '-'}")
