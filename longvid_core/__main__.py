"""`python -m longvid_core` is `longvid`."""

import sys

from .cli import main

sys.exit(main())
