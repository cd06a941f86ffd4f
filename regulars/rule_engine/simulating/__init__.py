"""Trying a rule on what has already happened: a copy of the store, wound back and played again."""
