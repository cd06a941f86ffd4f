"""Kinds of chart, one module each; `wiring` registers them."""
