"""Who may come in and what they may do: users, sessions, members, roles, units, API tokens."""
