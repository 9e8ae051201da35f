"""The page and the commands ask the Hub for nothing, unless somebody types a Hub id and has allowed it.

In anybody else's program the Hub is theirs to ask: importing the package alone leaves it as it is.
"""

import os

# Before huggingface_hub is imported, which reads it once.
if os.environ.get("DDPM_HUB") != "1":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
