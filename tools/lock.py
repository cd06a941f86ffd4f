"""Write the two lock files anew: ``python -m tools.lock``.

``requirements.lock`` is what the product needs, ``requirements-dev.lock`` adds the tools, and
``tools/uv.lock.txt`` is the installer itself. They name versions and hashes for every platform and
no registry, so that any mirror can serve them. ``--upgrade`` moves to the newest versions.
"""

import subprocess
import sys
from pathlib import Path

HEADER = "# Made by `python -m tools.lock` from pyproject.toml; do not edit.\n"


def compile_lock(root: Path, name: str, source: str, *extra: str) -> None:
    """Resolve ``source`` anew, keeping the versions already locked where they still fit."""
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
    command += ["--python-version", "3.11", *extra, source, "-o", name]
    subprocess.run(command, cwd=root, check=True)
    path = root / name
    path.write_text(HEADER + path.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> int:
    """The product first; the tools must then agree with it."""
    root = Path(__file__).resolve().parent.parent
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    compile_lock(root, "requirements.lock", "pyproject.toml", *upgrade)
    together = ["--group", "dev", "-c", "requirements.lock"]
    compile_lock(root, "requirements-dev.lock", "pyproject.toml", *together, *upgrade)
    compile_lock(root, "tools/uv.lock.txt", "tools/uv.in", *upgrade)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
