"""Template packs: definitions an owner can install, upgrade and remove, and sample data."""
