"""Public forms on the web: the visitor's pages, the owner's pages, posters, and their API."""
