import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_lists_every_setting_once_with_a_line_of_explanation():
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text()))
    lines = (ROOT / ".env.example").read_text().splitlines()
    listed = [match[1] for line in lines if (match := re.match(r"(?:# )?([A-Z_]+)=", line))]

    # The process says itself whether it serves; nobody sets it.
    assert sorted(listed) == sorted(read - {"WEB_PROCESS"})
    assert lines[4].startswith("DATABASE_URL=postgresql://")
