"""A form that is sent twice does its deed once."""

from typing import Any


class AlreadySubmitted(Exception):
    """This very form has done its deed before; ``made`` is what it made."""

    def __init__(self, made: Any) -> None:
        super().__init__(str(made))
        self.made = made
