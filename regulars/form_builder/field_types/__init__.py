"""One module per field type, listed in `all_of_them`."""
