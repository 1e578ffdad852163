"""Forms of the shop's console pages."""
