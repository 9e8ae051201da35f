"""The chapters of the Theory tab, in the order of the lecture."""

from .chapter import Chapter
from .closed_form import CLOSED_FORM
from .ddpm_bound import DDPM_BOUND
from .decoder import DECODER
from .forward_step import FORWARD_STEP
from .ledger import LEDGER
from .likelihood import LIKELIHOOD
from .lower_bound import LOWER_BOUND
from .mean_forms import MEAN_FORMS
from .posterior import POSTERIOR
from .sampling import SAMPLING
from .step_kl import STEP_KL
from .terms import TERMS
from .training import TRAINING

# A chapter is one file and one line here.
CHAPTERS: dict[str, Chapter] = {
    chapter.name: chapter
    for chapter in (
        TRAINING,
        SAMPLING,
        LIKELIHOOD,
        DECODER,
        LOWER_BOUND,
        DDPM_BOUND,
        FORWARD_STEP,
        CLOSED_FORM,
        TERMS,
        POSTERIOR,
        STEP_KL,
        MEAN_FORMS,
        LEDGER,
    )
}
