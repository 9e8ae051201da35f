"""The chapters of the Theory tab, in the order of the lecture."""

from .chapter import Chapter
from .closed_form import CLOSED_FORM
from .posterior import POSTERIOR
from .sampling import SAMPLING
from .training import TRAINING

# A chapter is one file and one line here.
CHAPTERS: dict[str, Chapter] = {chapter.name: chapter for chapter in (TRAINING, SAMPLING, CLOSED_FORM, POSTERIOR)}
