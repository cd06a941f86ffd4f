"""Forms and their records: definition, tables, one write path, lists, import, pages."""
