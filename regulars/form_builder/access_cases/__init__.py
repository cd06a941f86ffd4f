"""Access cases: who may do what and who may not, kept as tests that run by themselves."""
