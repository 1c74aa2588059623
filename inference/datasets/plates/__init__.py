"""From a plate, a blot or a table of a screen to a study of the whole cell."""
