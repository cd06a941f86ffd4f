"""Write the two lock files anew: ``python -m tools.lock``.

``requirements.lock`` is what the product needs, ``requirements-dev.lock`` adds the tools; both name
versions and hashes for every platform and no registry, so that any mirror can serve them.
"""

import subprocess
import sys
from pathlib import Path

HEADER = "# Made by `python -m tools.lock` from pyproject.toml; do not edit.\n"


def compile_lock(root: Path, name: str, *extra: str) -> None:
    """Resolve anew, keeping the versions already locked where they still fit."""
    command = [
        "uv",
        "pip",
        "compile",
        "--universal",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "-q",
    ]
    command += ["--python-version", "3.11", *extra, "pyproject.toml", "-o", name]
    subprocess.run(command, cwd=root, check=True)
    path = root / name
    path.write_text(HEADER + path.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> int:
    """The product first; the tools must then agree with it."""
    root = Path(__file__).resolve().parent.parent
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    compile_lock(root, "requirements.lock", *upgrade)
    compile_lock(
        root, "requirements-dev.lock", "--group", "dev", "-c", "requirements.lock", *upgrade
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
