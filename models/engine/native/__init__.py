"""Kernels of our own: the scalar program of a step as source text, in the loop over whole trajectories."""
