"""Commands that check answers and machines."""
