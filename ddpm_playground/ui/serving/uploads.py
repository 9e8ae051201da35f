"""How much visitors may upload."""

from starlette.datastructures import Headers

from .border import Refused
from .files import FILES

MAX_UPLOAD = 64 * 2**20


def check_upload(headers: Headers, owner: str) -> None:
    """A picture that is about to be uploaded.

    Raises:
        Refused: too large, of unknown length, or no room is left for it.
    """
    told = headers.get("content-length", "")
    if not told.isdecimal() or len(told) > 12 or int(told) > MAX_UPLOAD:
        raise Refused("a picture may have at most {most} MB; make it smaller", 413, most=MAX_UPLOAD // 2**20)
    if not headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refused("an upload is multipart/form-data; reload the page", 415)
    if not FILES.has_room(owner, int(told)):
        raise Refused("there is no room for more files here just now; try again in a while", 507)
