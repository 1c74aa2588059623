"""The best fit: searches, profiles, normal approximations."""
