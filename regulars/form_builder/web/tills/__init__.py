"""Tills on the web: the clerk's screen, what it asks, the editor of tills, and the API."""
