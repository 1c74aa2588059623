"""Commands that ask what follows from a fit or from the prior."""
