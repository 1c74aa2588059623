"""Two drugs together: more, as much or less than what each does alone would make one expect."""
