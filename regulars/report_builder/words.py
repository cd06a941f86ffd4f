"""The product's own words inside results: labels of columns that no owner named. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from regulars.platform import i18n


class ProductText(Mapping[str, str]):
    """A text of the catalogs as a map of locales, looked up when somebody reads it."""

    def __init__(self, key: str, **params: object) -> None:
        self.key = key
        self.params = params

    def __getitem__(self, locale: str) -> str:
        words = {name: i18n.spoken(value, locale) for name, value in self.params.items()}
        return i18n.translate(self.key, locale, **words)

    def __iter__(self) -> Iterator[str]:
        return iter(i18n.LOCALES)

    def __len__(self) -> int:
        return len(i18n.LOCALES)


def column_label(key: str) -> ProductText:
    """The words for a column of an analysis."""
    return ProductText(f"reports.column.{key}")
