"""How a management command went, as the shell that ran it sees it."""

import json
from typing import NamedTuple


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self):
        """The one JSON document on standard output; anything beside it is an error here."""
        return json.loads(self.out)
