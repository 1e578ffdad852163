"""What may stand for a record of a shop in an address; all else is not found."""


class PublicIDConverter:
    regex = "[0-9A-Za-z]{22}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
