"""What is kept for a year carries a fingerprint in its address, so that a new one arrives at once."""

import hashlib
import re
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "assets"
ADDRESS = re.compile(r"url\([\"']?(?!data:)([^\"')]+)[\"']?\)")


def test_files_that_the_styles_name_carry_the_fingerprint_or_version_of_their_content() -> None:
    named = ADDRESS.findall((ASSETS / "talkboard.css").read_text())

    assert named
    for address in named:
        path, _, fingerprint = address.partition("?v=")
        content = (ASSETS / path).read_bytes()
        versioned = re.search(r"vendor/[\w-]+-\d+\.\d+\.\d+/", path)
        assert versioned or fingerprint == hashlib.sha256(content).hexdigest()[:12], address
