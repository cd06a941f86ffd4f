"""Goals: rules that are nearly written, with places that a shop fills from its own forms."""
