"""Networks compiled, and many trajectories at once: the solver, its work queue and its derivatives."""
