"""The story of one run: what started it, what each step found and did, and what came of it."""
