"""Take the pictures of the guides anew, in every language.

``python -m tools.pictures`` takes all of them, ``python -m tools.pictures people privacy`` those
of two guides. Tests of tests/guides take them; one that looks as before is not written.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def command(guides: list[str]) -> list[str]:
    """What takes the pictures of these guides (of all, when none is named)."""
    files = [f"tests/guides/test_{guide.replace('-', '_')}.py" for guide in guides]
    return [sys.executable, "-m", "pytest", "-q", "--pictures", *(files or ["tests/guides"])]


if __name__ == "__main__":
    sys.exit(subprocess.run(command(sys.argv[1:]), cwd=ROOT, check=False).returncode)
