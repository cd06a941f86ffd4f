"""Rules that act by themselves: mirrors, journeys, messages. All of their state is in SQL."""
