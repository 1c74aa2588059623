"""A stiff solver of its own: Rosenbrock steps with a sparse factorisation decided when a network is
compiled.
"""
