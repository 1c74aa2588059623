"""What the formulas of a network and the steps of the solver both compute with."""
