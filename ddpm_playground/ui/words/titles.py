"""What the rows of the tables are called where a language has no name of its own for them."""

from ...bridge.all_samplers import NAMED
from ...core import SCHEDULES
from ...lab.export import FORMATS
from ...tabs import TABS


def titles() -> dict[str, str]:
    """Key of a text → the title that stands in the row itself."""
    return {
        **{f"app.{name}": tab.title for name, tab in TABS.items()},
        **_schedules(),
        **{f"reverse.sampler_{name}": sampler.title for name, sampler in NAMED.items()},
        **{f"lab.export_{suffix.lstrip('.')}": one.title for suffix, one in FORMATS.items()},
    }


def _schedules() -> dict[str, str]:
    """Each schedule's title, what its function says of itself, and its parameters by their names and ranges."""
    found = {}
    for name, family in SCHEDULES.items():
        about = (family.betas.__doc__ or family.title).strip().partition("\n")[0]
        found |= {f"schedule.name_{name}": family.title, f"schedule.choice_{name}": family.title}
        found[f"schedule.about_{name}"] = about
        for key, (low, high, _) in family.ranges.items():
            found |= {f"schedule.param_{key}": key, f"schedule.param_{key}_info": f"{low:g} … {high:g}"}
    return found
