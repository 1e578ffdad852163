"""What can name a record of a shop in a URL; anything else is not found."""


class PublicIDConverter:
    regex = "[0-9A-Za-z]{22}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
