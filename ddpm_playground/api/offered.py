"""The table of deeds: a deed is one function and one line here, and every door has it."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from .answers import Answer
from .audits import audit_scheduler
from .bounding import bound
from .drawing import FILES as DRAWN
from .drawing import sample
from .linking import open_link
from .noising import FILES as NOISED
from .noising import noise
from .schedules import check_schedule, explain, show_schedule


class Deed(NamedTuple):
    """What may be asked for.

    Attributes:
        fn: the function; its name, types and docstring are what every door shows.
        where: "worker": in a process of its own, which is ended at the limits; "chain": in the server, in the line of
            the page's chains; "here": at once.
        files: names of the files of its answer, in order.
        pictures: names of its arguments that are pictures; another that is uploaded is a text.
        seconds: what one may take.
        memory_mb: what one may take in a process of its own, beside what was imported.
    """

    fn: Callable[..., Answer]
    where: Literal["worker", "chain", "here"] = "worker"
    files: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    seconds: float = 30.0
    memory_mb: int = 1024


DEEDS: dict[str, Deed] = {
    deed.fn.__name__: deed
    for deed in (
        Deed(check_schedule),
        Deed(show_schedule),
        Deed(audit_scheduler, seconds=20.0),
        Deed(explain),
        Deed(noise, files=NOISED, pictures=("picture",)),
        Deed(sample, "chain", DRAWN, seconds=120.0),
        Deed(bound, seconds=120.0, memory_mb=2048),
        Deed(open_link, "here"),
    )
}


def do(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """In a worker process: a deed's answer, in JSON's types.

    Args:
        name: of the deed.
        given: its arguments, as they came.

    Raises:
        ValueError: what the deed refuses.
    """
    from .arguments import checked

    fn = DEEDS[name].fn
    return fn(**checked(fn, given)).as_json()
