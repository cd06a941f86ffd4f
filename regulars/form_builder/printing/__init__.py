"""Print layouts: what of a record goes on paper, and how. `web.printing` fills and draws them."""
