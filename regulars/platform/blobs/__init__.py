"""Files that people hand in: kept beside the store under random names, described in SQL."""
