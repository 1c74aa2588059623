"""What `import inference as gp` offers, each in the room of its subject."""
