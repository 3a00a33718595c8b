"""`python -m vigil.faces.cli` is `vigil`."""

from vigil.faces.cli.main import main

main()
