"""People in forms: who may be the same person, merging them, and what they may ask for."""
