"""What builds and checks the house; never imported by the product."""
