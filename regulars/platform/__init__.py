"""What every builder stands on: storage, definitions, expressions, accounts, the web shell.

Nothing in this package knows forms, rules or reports.
"""
