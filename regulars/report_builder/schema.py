"""The JSON Schemas of reports and dashboards; each registered analysis adds its settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem
from regulars.report_builder.analyses.base import Analysis, analyses

PLAIN_ONLY = ("dimensions", "measures", "compare", "sort", "limit")
ANALYSIS_ONLY = ("analysis", "subject")


@cache
def frame(name: str) -> dict[str, Any]:
    """A schema file beside this module."""
    return packaged("regulars.report_builder", name)


def dashboard_schema() -> dict[str, Any]:
    """The schema of a dashboard."""
    return frame("dashboard.schema.json")


@cache
def report_schema() -> dict[str, Any]:
    """Every key a report may have; ask only after `wiring` has registered the analyses."""
    whole = frame("report.schema.json")
    settings = {key: shape for kind in analyses for key, shape in kind.settings.items()}
    properties = {**_without(whole["properties"], "chart"), **settings}
    return {**whole, "properties": {**properties, "chart": whole["properties"]["chart"]}}


def report_problems(raw: Any) -> list[Problem]:
    """Every way a report's JSON departs from its schema."""
    if not isinstance(raw, Mapping):
        return [Problem("", "shape-type", {"expected": ["object"]})]
    name = raw.get("analysis")
    if name is None:
        return shape_problems(_plain_validator(), raw)
    kind = analyses.find(name) if isinstance(name, str) else None
    if kind is None:
        known = {"analysis": str(name)[:40], "known": analyses.names()}
        return [Problem("analysis", "unknown-analysis", known)]
    return shape_problems(_analysis_validator(kind), raw)


def dashboard_problems(raw: Any) -> list[Problem]:
    """Every way a dashboard's JSON departs from its schema."""
    return shape_problems(_dashboard_validator(), raw)


@cache
def _plain_validator() -> Any:
    whole = frame("report.schema.json")
    properties = _without(whole["properties"], *ANALYSIS_ONLY)
    required = [*whole["required"], "measures"]
    return validator({**whole, "properties": properties, "required": required})


@cache
def _analysis_validator(kind: Analysis) -> Any:
    whole = frame("report.schema.json")
    properties = {**_without(whole["properties"], *PLAIN_ONLY), **kind.settings}
    required = [*whole["required"], "subject", "at"]
    return validator({**whole, "properties": properties, "required": required})


@cache
def _dashboard_validator() -> Any:
    return validator(dashboard_schema())


def _without(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: shape for key, shape in properties.items() if key not in names}
