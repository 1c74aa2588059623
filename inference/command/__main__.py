"""python -m inference.command"""

from inference.command.main import main

main()
