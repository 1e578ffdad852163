"""What can name a record of a shop in a URL; anything else is not found."""

from django.urls.converters import StringConverter


class PublicIDConverter(StringConverter):
    regex = "[0-9A-Za-z]{22}"
