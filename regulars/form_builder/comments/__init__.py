"""What the team writes to each other on a record, and whom they ask to look at it."""
