"""What to do about a database that fails, in words for whoever is called at night."""

from typing import Final

SILENT: Final = "The database does not answer: start it, or correct DATABASE_URL."
REFUSED: Final = "The database refused."
# What SQLite says, in PostgreSQL the codes of its errors, and the advice.
ADVICE: Final = (
    ("no such ", ("42P01", "42703"), "The database is not ready; manage.py migrate prepares it."),
    (
        "disk is full",
        ("53100",),
        "The disk of the database is full: make room on it, and all goes on by itself.",
    ),
    (
        "readonly database",
        ("25006",),
        "The database takes no writes: make its file and its folder writable, or name the primary "
        "server in DATABASE_URL.",
    ),
    (
        "unable to open database file",
        (),
        "The database file cannot be opened: correct DATABASE_URL, or who may use its folder.",
    ),
    ("locked", ("55P03", "57014"), "The database is busy with something else: try again."),
    (
        "disk i/o error",
        ("58030",),
        "The disk of the database fails or is full: make room, and look into the system's log.",
    ),
    (
        "password authentication failed",
        ("28",),
        "The database does not let this user in: correct the name and password in DATABASE_URL.",
    ),
    ("too many clients", ("53300",), "The database has no connection left: raise max_connections."),
)


def in_words(error: Exception) -> str:
    """What is wrong and what to do; the database's own words say the rest."""
    text, code = str(error).lower(), getattr(error.__cause__, "sqlstate", None) or ""
    for words, codes, advice in ADVICE:
        if words in text or (codes and code.startswith(codes)):
            return advice
    # A server that is not there gives no code; the others are of connections that ended.
    return REFUSED if code and not code.startswith(("08", "57P")) else SILENT
