"""Tasks and approvals of people: one inbox, whoever puts something into it."""
