"""What happened: one record a call of a proven key, merged counts for all other calls."""

from history.models.call import CallRecord
from history.models.rollup import DailyCalls, DailyReasons, RollUp
from history.models.unproven import UnprovenCalls

__all__ = ["CallRecord", "DailyCalls", "DailyReasons", "RollUp", "UnprovenCalls"]
