"""Questions about two runs, or about a picture of one's own: what commands, notebooks and the page ask alike."""

from .columns import Column, parse_column
from .differing import Difference, compare
from .editing import edit
from .inpainting import Inpainted, inpaint, read_mask
from .interpolating import WAYS, Way, interpolate, interpolate_seeds
from .inverting import Inverted, invert
from .own_pictures import OwnPictures, read_pictures

__all__ = [
    "WAYS", "Column", "Difference", "Inpainted", "Inverted", "OwnPictures", "Way", "compare", "edit", "inpaint",
    "interpolate", "interpolate_seeds", "invert", "parse_column", "read_mask", "read_pictures",
]  # fmt: skip
