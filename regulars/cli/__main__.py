"""``python -m regulars.cli``."""

from __future__ import annotations

from regulars.cli import main

if __name__ == "__main__":
    main(prog_name="regulars")
