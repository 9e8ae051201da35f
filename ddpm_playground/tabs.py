"""The tabs of the page, in the order of the screen and of the story it tells.

A link may name them before any of them is built.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tab:
    """A tab of the page.

    Attributes:
        module: of ddpm_playground, with a function `build(page)` that makes what stands in the tab.
        title: what it is called where a language has no name of its own for it.
    """

    module: str
    title: str


# A tab is one module and one row here.
TABS: dict[str, Tab] = {
    "reverse": Tab("ui.reverse.tab", "Reverse"),
    "forward": Tab("ui.forward.tab", "Forward"),
    "train": Tab("ui.train.tab", "Train"),
    "schedule": Tab("ui.schedule.tab", "Schedule"),
    "theory": Tab("ui.chapters.tab", "Theory"),
    "lab": Tab("ui.lab.tab", "Lab"),
    "experiments": Tab("ui.experiments.tab", "Experiments"),
}
# The cards of the tab Experiments, one of which is open; "auto" is the first that a link sets.
EXPERIMENTS = ("auto", "compare", "branch", "own_picture", "nearest")
