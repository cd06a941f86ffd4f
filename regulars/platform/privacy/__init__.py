"""What people agreed to, and what the product owes them about their data."""
