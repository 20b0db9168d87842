"""``python -m specar``."""

import sys

from specar.cli import main

sys.exit(main())
