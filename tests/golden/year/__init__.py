"""A made-up year of a small shop, the eight rules that looked after it, and a count by hand."""
