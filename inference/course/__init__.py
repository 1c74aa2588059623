"""Virtual patients under regimens: drawn, followed for years, weighted to what trials found, and asked."""
