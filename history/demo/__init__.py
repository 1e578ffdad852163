"""A believable store for looking and for tests: keys in every state and 60 days of calls."""

from history.demo.calls import record_calls
from history.demo.cast import issue_keys

__all__ = ["issue_keys", "record_calls"]
