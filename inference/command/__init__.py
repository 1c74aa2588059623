"""The command `gp130`, one file a subcommand."""
