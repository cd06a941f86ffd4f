"""One module per field type; `regulars.wiring` registers them."""
