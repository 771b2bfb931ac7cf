"""`python -m brain` is `town`."""

from brain.cli import main

main()
