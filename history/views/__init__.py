"""The console's pages about calls: dashboard, call history, incidents."""
