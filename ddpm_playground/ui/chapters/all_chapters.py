"""The chapters of the Theory tab in the order of the lecture, `CHAPTERS`, and their places on its map, `PLACES`."""

from typing import NamedTuple

from .chapter import Chapter
from .closed_form_page import CLOSED_FORM
from .ddpm_bound_page import DDPM_BOUND
from .decoder_page import DECODER
from .forward_step_page import FORWARD_STEP
from .ledger_page import LEDGER
from .likelihood_page import LIKELIHOOD
from .lower_bound_page import LOWER_BOUND
from .mean_forms_page import MEAN_FORMS
from .posterior_page import POSTERIOR
from .sampling_page import SAMPLING
from .step_kl_page import STEP_KL
from .terms_page import TERMS
from .training_page import TRAINING


class Place(NamedTuple):
    """Where a chapter stands on the map of the derivation.

    Attributes:
        column: 1 is the first.
        row: 1 is what the likelihood becomes, 2 what it needs of the diffusion process, and what is run.
        follows: names of the chapters that it takes up.
    """

    column: int
    row: int
    follows: tuple[str, ...] = ()


# A chapter is one file and one line here.
_ROWS = (
    (TRAINING, Place(7, 2, ("step_kl",))),
    (SAMPLING, Place(8, 1, ("mean_forms",))),
    (LIKELIHOOD, Place(1, 1)),
    (DECODER, Place(2, 1, ("likelihood",))),
    (LOWER_BOUND, Place(3, 1, ("decoder",))),
    (DDPM_BOUND, Place(4, 1, ("lower_bound",))),
    (FORWARD_STEP, Place(3, 2)),
    (CLOSED_FORM, Place(4, 2, ("forward_step",))),
    (TERMS, Place(5, 1, ("ddpm_bound",))),
    (POSTERIOR, Place(5, 2, ("closed_form",))),
    (STEP_KL, Place(6, 1, ("terms", "posterior"))),
    (MEAN_FORMS, Place(7, 1, ("step_kl",))),
    (LEDGER, Place(8, 2, ("training",))),
)
CHAPTERS: dict[str, Chapter] = {chapter.name: chapter for chapter, _ in _ROWS}
PLACES: dict[str, Place] = {chapter.name: place for chapter, place in _ROWS}
