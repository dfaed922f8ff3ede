"""`python -m app` is the `classrooms` command."""

from app.cli import main

main()
