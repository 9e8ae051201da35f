"""`python -m ddpm_playground`."""

import sys

from .cli import main

sys.exit(main())
