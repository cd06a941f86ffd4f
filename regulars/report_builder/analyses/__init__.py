"""Analyses of people's behaviour, one module each; `wiring` registers them."""
