"""A real Chromium on a ComfyUI's canvas: for building the templates and for the tests in tests/browser."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
UNREACHED = "Failed to load resource"  # told again in `missing`, or of an outside host that the frontend asks for news
FPS = 5
"""How often the canvas is drawn anew, at most: without a GPU each time takes a processor's tenth of a second."""
STILL = "*, *::before, *::after { animation: none !important; transition: none !important }"
LOOK_EVERY_MS = 200
"""How often a condition is looked at. Playwright's default is at each drawing, and makes the browser draw as fast as it can."""
PATIENCE_MS = 600_000
"""How long anything is waited for that will come: Chromium, ComfyUI and a film may share two busy processors."""
READY = "() => window.app && window.app.graph && window.LiteGraph && window.LiteGraph.registered_node_types.LongvidConcat"


class BrowserError(RuntimeError):
    """There is no Chromium; the message says how to get one."""


@dataclass
class Canvas:
    """The frontend, ready. `complaints`: what its console says from then on. `missing`: addresses that were not found."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def load(self, workflow: dict[str, Any]) -> None:
        """Open a workflow in UI format, and wait until it is drawn."""
        self.page.evaluate("async (workflow) => { await window.app.loadGraphData(workflow) }", workflow)
        self.settle()

    def settle(self, milliseconds: int = 400) -> None:
        """Give the frontend's own animations and layout a moment, and the canvas its drawings of that time, however late."""
        drawn = self.page.evaluate("() => window.app.canvas.frame")
        self.page.wait_for_timeout(milliseconds)
        self.wait_for("(drawn) => window.app.canvas.frame >= drawn", drawn + milliseconds // 100)

    def wait_for(self, condition: str, given: object = None) -> None:
        """Wait until a function of `given` answers with something true."""
        self.page.wait_for_function(condition, arg=given, polling=LOOK_EVERY_MS)

    def prompt(self) -> dict[str, Any]:
        """What it would queue now, in API format."""
        return self.page.evaluate("async () => (await window.app.graphToPrompt()).output")

    def fit(self, margin: int = 40) -> None:
        """Show the whole graph, as large as the window allows."""
        self.page.evaluate(
            """(margin) => {
                const {graph, canvas} = window.app;
                const boxes = [...graph._nodes.map((n) => [n.pos[0], n.pos[1] - 30, n.size[0], n.size[1] + 30]),
                               ...graph._groups.map((g) => [g.pos[0], g.pos[1], g.size[0], g.size[1]])];
                const left = Math.min(...boxes.map((b) => b[0])), top = Math.min(...boxes.map((b) => b[1]));
                const right = Math.max(...boxes.map((b) => b[0] + b[2])), bottom = Math.max(...boxes.map((b) => b[1] + b[3]));
                const view = canvas.canvas.getBoundingClientRect();
                const header = 90;
                const wide = (view.width - 2 * margin - 60) / (right - left);
                const scale = Math.min(wide, (view.height - header - 2 * margin) / (bottom - top));
                canvas.ds.scale = scale;
                canvas.ds.offset = [(margin + 60) / scale - left, (header + margin) / scale - top];
                canvas.setDirty(true, true);
            }""",
            margin,
        )
        self.settle()


@contextlib.contextmanager
def open_browser() -> Iterator[BrowserContext]:
    """A headless Chromium, in which the frontend has to be fetched and compiled once. BrowserError where none is installed."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        raise BrowserError("there is no chromium.\n  Debian, Ubuntu: apt-get install chromium")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS, timeout=PATIENCE_MS)
        except Error as error:
            raise BrowserError(f"{executable} does not start: {error.message}") from error
        try:
            context = browser.new_context()
            context.set_default_timeout(PATIENCE_MS)
            yield context
        finally:
            browser.close()


@contextlib.contextmanager
def open_canvas(url: str, width: int = 1920, height: int = 1080, browser: BrowserContext | None = None) -> Iterator[Canvas]:
    """The frontend at `url` in a window of that size, of `browser` or one of its own, which knows nothing of windows before."""
    with contextlib.ExitStack() as stack:
        page = (browser or stack.enter_context(open_browser())).new_page()
        page.set_viewport_size({"width": width, "height": height})
        canvas = Canvas(page)
        page.on("console", lambda m: canvas.complaints.append(m.text) if m.type == "error" and UNREACHED not in m.text else None)
        page.on("pageerror", lambda error: canvas.complaints.append(str(error)))
        page.on("response", lambda r: canvas.missing.append(r.url) if r.status >= 400 else None)
        page.goto(url, wait_until="domcontentloaded")
        canvas.wait_for(READY)
        page.evaluate(f"() => {{ window.app.canvas.maximumFps = {FPS} }}")
        page.add_style_tag(content=STILL)
        canvas.settle(1000)
        canvas.complaints.clear()  # the frontend's own: it looks for user files that a fresh ComfyUI has not
        try:
            yield canvas
        finally:
            page.evaluate("() => { localStorage.clear(); sessionStorage.clear() }")
            page.close()
