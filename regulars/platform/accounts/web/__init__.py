"""Pages of people and places: entrance, profile, members, stores, tokens, workspace, home."""
