"""The Django admin as its users meet it: where its pages are, and what their forms send."""

from html.parser import HTMLParser

from django.urls import reverse


def listing(model, what="changelist"):
    """The address of a model's list, or with ``add`` that of its form for a new record."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}")


def page(record, what="change"):
    """The address of a record's page."""
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{what}", args=[record.pk])


def filled_in(response, **edits):
    """What a browser sends of the page's main form, after somebody made these edits."""
    reader = FormReader()
    reader.feed(response.content.decode())
    return reader.values | {"_save": "Save"} | edits


class FormReader(HTMLParser):
    """Collects the fields of every form that posts, but not its buttons."""

    def __init__(self):
        super().__init__()
        self.values = {}
        self.name = ""
        self.text = None
        self.posts = False

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        name, value = values.get("name", ""), values.get("value", "")
        if tag == "form":
            self.posts = values.get("method") == "post" and "logout" not in values.get("action", "")
        if not self.posts or (not name and tag != "option") or "disabled" in values:
            return
        if tag == "input" and values.get("type") in {"checkbox", "radio"}:
            if "checked" in values:
                self.values.setdefault(name, []).append(value or "on")
        elif tag == "input" and values.get("type") not in {"submit", "button"}:
            self.values[name] = value
        elif tag == "textarea":
            self.name, self.text = name, ""
        elif tag == "select":
            self.name = name
            self.values.setdefault(name, [])
        elif tag == "option" and "selected" in values:
            self.values[self.name].append(value)

    def handle_data(self, data):
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self.text is not None:
            self.values[self.name], self.text = self.text.removeprefix("\n"), None
        elif tag == "form":
            self.posts = False
