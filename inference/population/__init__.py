"""A dish whose cells differ: two spreads, that of the cells and the doubt about their average, kept apart."""
