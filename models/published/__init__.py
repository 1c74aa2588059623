"""Models of other groups in our declarations, to compare with their published optima."""
