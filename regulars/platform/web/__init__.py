"""The web shell every page stands in: rendering, CSRF, errors, headers, static files, health."""
