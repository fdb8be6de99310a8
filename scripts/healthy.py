"""`python -m scripts.healthy`: ends with 0 if the app in this container answers. There is no curl in the image."""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException

SECONDS = 4


def main() -> int:
    """The status for Docker: 0 is healthy, 1 is not."""
    host = os.environ.get("HOST", "127.0.0.1")
    connection = HTTPConnection(host, int(os.environ.get("PORT", "8050")), timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
