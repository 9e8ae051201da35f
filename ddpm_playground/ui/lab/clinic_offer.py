"""What the clinic of the Lab tab starts from: the checkpoints that can be chosen, and how many pictures."""

import json

from ...run import shelf
from ..protocol.lab_messages import ClinicStart

PICTURES, FEWEST = 64, 6  # held-out pictures: as many as may be shown, and as few as tell anything
DIGITS = 10


def clinic_value() -> str:
    """What clinic.js starts from; what a network takes is asked for once pictures of one's own are to be shown."""
    start: ClinicStart = {"names": shelf().names(), "digits": DIGITS, "most": PICTURES, "fewest": FEWEST}
    return json.dumps(start)
