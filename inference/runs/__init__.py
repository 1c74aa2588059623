"""What every long piece of work needs: a folder, progress, files that are whole, settings."""
