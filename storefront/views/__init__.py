"""The shop's pages: for shoppers, and for console users."""
