"""One vocabulary: what runs gave is *our runs*; *reproduced* is said of what is equal only."""

from __future__ import annotations

import re
from pathlib import Path

import specar

PLACES = ("tables", "figures", "report", "judge", "results", "cli")
OTHER_WORDS = re.compile(r"\b(reproduced|inconclusive)\b", re.IGNORECASE)
OF_EQUAL = {  # where it says just that
    "report/sections/answer.py": 3,
    "report/templates/reading.html.j2": 1,
}


def test_reproduced_is_a_word_for_equal_only() -> None:
    root = Path(specar.__file__).parent
    files = [file for place in PLACES for file in (root / place).rglob("*") if file.suffix in (".py", ".j2")]
    assert len(files) > 80
    found = {str(file.relative_to(root)): len(OTHER_WORDS.findall(file.read_text())) for file in files}
    assert {name: number for name, number in found.items() if number} == OF_EQUAL
