"""gp130 panel, from a checkout."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from inference.command.main import main

main(["panel", *sys.argv[1:]])
