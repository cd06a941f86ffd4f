"""Public forms: a form that anybody with its link may fill in, and nothing else."""
