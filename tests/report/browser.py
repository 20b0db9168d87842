"""A page in Chromium, at the width of a phone or a desktop: what it measures, and pictures of it.

The page stands in a frame: Chromium's own window is never as narrow as a phone. Nothing but the browser is
needed, and nothing is installed.
"""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
_FRAME = """<!DOCTYPE html><html><head><meta charset="utf-8">
<style>body {{ margin: 0 }} iframe {{ border: 0 }}</style></head>
<body><iframe id="page" src="{page}" width="{width}" height="{height}"></iframe>
<script>
document.getElementById("page").addEventListener("load", (event) => {{
  const frame = event.target, inside = frame.contentWindow, page = frame.contentDocument;
  page.documentElement.dataset.theme = "{theme}";
  const result = ({measure})(inside, page);
  const element = document.createElement("pre");
  element.id = "result";
  element.textContent = JSON.stringify(result);
  document.body.append(element);
}});
</script></body></html>
"""


class Browser:
    """Chromium on the pages of a folder."""

    def __init__(self, program: str, folder: Path, address: str) -> None:
        self.program, self.folder, self.address = program, folder, address

    def measure(self, page: str, width: int, height: int, theme: str, measure: Path) -> Any:
        """Run the function (window, document) of a JavaScript file in a page; returns what it returns."""
        name = self._frame(page, width, height, theme, measure.read_text(encoding="utf-8"))
        text = self._run("--virtual-time-budget=20000", "--dump-dom", f"{self.address}/{name}")
        found = re.search(r'<pre id="result">(.*?)</pre>', text, re.DOTALL)
        assert found, text[-2000:]
        return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))

    def picture(self, page: str, width: int, height: int, theme: str, path: Path) -> None:
        """Write a picture of the first ``height`` pixels of a page."""
        name = self._frame(page, width, height, theme, "() => null")
        size = f"--window-size={max(width, 500)},{height}"
        self._run("--virtual-time-budget=20000", size, f"--screenshot={path}", f"{self.address}/{name}")

    def pdf(self, page: str, path: Path) -> None:
        """Print a page."""
        self._run("--no-pdf-header-footer", f"--print-to-pdf={path}", f"{self.address}/{page}")

    def _frame(self, page: str, width: int, height: int, theme: str, measure: str) -> str:
        name = f"frame-{width}-{theme}.html"
        values = {"page": page, "width": width, "height": height, "theme": theme, "measure": measure}
        (self.folder / name).write_text(_FRAME.format(**values), encoding="utf-8")
        return name

    def _run(self, *arguments: str) -> str:
        profile = self.folder / "profile"
        command = [self.program, *_OPTIONS, f"--user-data-dir={profile}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr
        return done.stdout


def find_chromium() -> str | None:
    """Path of the browser, if it is there."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser_on(folder: Path, program: str) -> Iterator[Browser]:
    """Serve a folder to a browser of this machine."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Browser(program, folder, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""
