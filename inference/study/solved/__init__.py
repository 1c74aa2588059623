"""A study whose dishes are solved: with events by the state, and until they come to rest."""
