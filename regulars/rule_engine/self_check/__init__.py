"""What must always be true of the rule engine's state, asked of the stores themselves."""
