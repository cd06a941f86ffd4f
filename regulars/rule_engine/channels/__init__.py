"""Ways a message leaves the house: one module per provider, registered in `regulars.wiring`."""
