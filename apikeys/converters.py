"""What can name a key, an API user or a store in a URL; anything else is not found."""


class ConsumerKeyConverter:
    regex = "[A-Za-z0-9_]{3,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class UsernameConverter(ConsumerKeyConverter):
    regex = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


class StoreIDConverter(ConsumerKeyConverter):
    regex = "[A-Za-z0-9_-]{1,44}"


class SwitchConverter(ConsumerKeyConverter):
    regex = "disable|enable"
