"""The composer of rules: a sentence of chips, each of which opens a small form."""
