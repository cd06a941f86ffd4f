"""Views of lists that one member keeps for themselves, and the view a list opens with for them."""
