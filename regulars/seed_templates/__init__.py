"""Template packs: sets of definitions an owner can install, upgrade and remove; and their sample data."""
