"""What matters most for resistance, with the uncertainty of every rank."""
