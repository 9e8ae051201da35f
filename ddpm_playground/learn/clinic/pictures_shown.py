"""How many pictures an examination shows to networks, about, before it is begun."""

from ..checkpoints.checkpoint import Checkpoint
from .label_order import A_CLASS, MIDDLE
from .label_order import MOST_CLASSES as MOST_FITTED
from .own_chain import CHAINS, STEPS
from .patient import CURVE_LEVELS, SCREENED, SEARCH_LEVELS, STEEP_LEVELS
from .searching import MISTAKES, T_MAP_POINTS

# Of each kind of mistake so many assumptions are tried on a few pictures, and so many confirmed on the others: counted
# on the shipped network, of which nothing is found. Where something is found, the others are tried once more.
ASSUMED, CONFIRMED, T_MAP_PICTURES = 4, 0.4, 8


def pictures_shown(checkpoint: Checkpoint, num_images: int, *, shipped: bool = True) -> int:
    """About how often `examine` shows a picture to a network.

    Args:
        checkpoint: which has classes, or none.
        num_images: held-out pictures, N ≥ 6.
        shipped: whether the shipped network is measured beside it, which is asked as often as a curve and a chain need.
    """
    screened = min(SCREENED, max(1, num_images // 3))
    levels = SEARCH_LEVELS + STEEP_LEVELS
    curve = num_images * CURVE_LEVELS + min(CHAINS, num_images) * min(STEPS, checkpoint.schedule.T)
    tried = T_MAP_POINTS * T_MAP_PICTURES * T_MAP_POINTS // 2
    tried += round(len(MISTAKES) * screened * ASSUMED * levels / 2)
    tried += round(len(MISTAKES) * (num_images - screened) * CONFIRMED * levels)
    count = len(checkpoint.class_names)
    if 2 <= count <= MOST_FITTED:
        tried += count * count * A_CLASS * len(MIDDLE)
    return tried + curve * (2 if shipped else 1)
