"""The forms of the console: they check, and hand over to the deeds of the models."""
