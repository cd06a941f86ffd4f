"""What starts a rule: one module per family of triggers, registered in `regulars.wiring`."""
