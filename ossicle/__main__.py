"""``python -m ossicle``: the command line."""

import sys

from ossicle.command_line import main

sys.exit(main())
