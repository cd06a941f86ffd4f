"""What a rule did for the shop: who came in, what they got, and who reached the goal."""
