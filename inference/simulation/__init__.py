"""One dish, or an ensemble of cells, simulated and labelled."""
