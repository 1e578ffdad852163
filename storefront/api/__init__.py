"""The endpoints of the shop, each behind the gate: one module for each resource."""
