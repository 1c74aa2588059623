"""What a drug is, and the drugs that came after those of the specification."""
