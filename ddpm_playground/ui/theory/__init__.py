"""The chapters of the Theory tab, in the order of the lecture."""

from .chapter import Chapter
from .closed_form import CLOSED_FORM
from .decoder import DECODER
from .likelihood import LIKELIHOOD
from .lower_bound import LOWER_BOUND
from .posterior import POSTERIOR

# A chapter is one file and one line here.
CHAPTERS: dict[str, Chapter] = {
    chapter.name: chapter for chapter in (LIKELIHOOD, DECODER, LOWER_BOUND, CLOSED_FORM, POSTERIOR)
}
