"""An engine beside the server, for tests: the project's own server on a Unix socket, behind the key of its environment.

    python -m tests.serving.text_engine PROJECT SOCKET
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from breakeven.serving.keys import Key, Keys


def main(project: str, socket: str) -> None:
    secret = os.environ["VLLM_API_KEY"]
    key = Key(name="gateway", sha256=hashlib.sha256(secret.encode()).hexdigest(), scopes=("predict",),
              created=datetime.now(UTC).isoformat())  # fmt: skip
    file = Path(tempfile.mkdtemp()) / "keys.json"
    file.touch(0o600)
    file.write_text(Keys(keys=(key,)).model_dump_json())
    serve = ["-m", "breakeven", "serve", project, "--socket", socket, "--engine", "here", "--processes", "1"]
    os.execv(sys.executable, [sys.executable, *serve, "--keys", str(file)])


if __name__ == "__main__":
    main(*sys.argv[1:])
