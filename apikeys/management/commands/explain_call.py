from typing import Any

from django.core.management.base import CommandParser

from apikeys import explanation
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import WrongUsage, listing


class Command(BaseCommand):
    help = (
        "Say what the gate would answer to a call with an API key, rule by rule. Counts against "
        "no limit and leaves no record; the exit code is 0 also when the call would be refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="consumer key")
        parser.add_argument("--ip", default="127.0.0.1", metavar="ADDR", help="where it comes from")
        parser.add_argument("--method", default="GET")
        parser.add_argument("--path", default="/api/v1/whoami", metavar="/api/v1/...")

    def handle(self, *args: Any, **options: Any) -> None:
        key = arguments.find_key(options["key"])
        try:
            explained = explanation.explain(
                key, ip=options["ip"], method=options["method"], path=options["path"]
            )
        except ValueError as error:
            raise WrongUsage(error) from error
        document = explained.as_json()
        checks = listing(document["checks"], ("check", "result", "detail"))
        decision = " ".join(filter(None, [explained.decision, explained.code]))
        text = f"{checks}\n\n{decision} ({explained.status})"
        if explained.status == 405:
            text += f": the path has only {', '.join(explained.methods)}"
        self.answer(document, text)
