"""What was called: call records, the recorder, and every page or command that reads calls."""
