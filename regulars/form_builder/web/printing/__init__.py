"""Records on paper: layouts filled with values, drawn as pages and as PDF, and their editor."""
