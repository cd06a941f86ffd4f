"""What a journey can do: one module per family of steps, registered in `regulars.wiring`."""
