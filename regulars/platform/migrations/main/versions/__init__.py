"""One module per revision of the main store."""
