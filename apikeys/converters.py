"""What can name a key, an API user or a store in a URL; anything else is not found."""

from django.urls.converters import StringConverter


class ConsumerKeyConverter(StringConverter):
    regex = "[A-Za-z0-9_]{3,64}"


class UsernameConverter(StringConverter):
    regex = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


class StoreIDConverter(StringConverter):
    regex = "[A-Za-z0-9_-]{1,44}"


class SwitchConverter(StringConverter):
    regex = "disable|enable"
