"""What a form does while it is filled in: rules over its fields, one meaning for every door."""
