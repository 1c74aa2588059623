"""Events that the state brings about: found while a dish is solved, and differentiated by where they lie."""
