"""The network for people: tables, pictures, references."""
