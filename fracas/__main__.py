"""``python -m fracas`` is ``fracas``."""

from fracas.cli import main

main()
