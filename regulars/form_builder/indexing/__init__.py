"""Indexes made from use: which ones are wanted, and how they come and go beside running work."""
