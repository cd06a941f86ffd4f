"""The search index: which records hold which signs, so that a word is found without a scan.

It only narrows a search down. What it names is looked at again with the condition itself, and what
it does not know yet (records made or changed since) is named along, so results are always right.
"""
