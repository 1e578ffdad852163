"""Who may call: stores, API users, keys, secrets, allowed IPs, change records, and the gate."""
