"""One visitor's browser page: what its console said, where its requests went, and how its canvases look."""

import base64
import time
from collections.abc import Callable
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page

# Read from a copy: Chromium complains of a canvas that is read back repeatedly and was not made for that.
PIXELS = """(selector) => {
  const canvas = document.querySelector(selector), copy = document.createElement("canvas");
  copy.width = canvas.width; copy.height = canvas.height;
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, copy.width, copy.height);
  let text = "";
  for (let i = 0; i < data.length; i += 0x8000) text += String.fromCharCode(...data.subarray(i, i + 0x8000));
  return { width: copy.width, height: copy.height, rgba: btoa(text) };
}"""
SLIDE = """([selector, value]) => {
  const slider = document.querySelector(selector);
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""
# What says that a tab has drawn what it opens with.
DRAWN = {
    "schedule": "() => document.querySelectorAll('.curves .gd .scatterlayer path.js-line').length >= 4",
    "forward": "() => document.querySelector('.forward:not(.is-empty)')",
    "reverse": "() => document.querySelector('.player')?.dataset.run",
    "train": "() => document.querySelector('.train .go')",
    "lab": "() => document.querySelector('.lab .cards li') && document.querySelector('.lab .gd .scatterlayer')",
    "experiments": "() => document.querySelectorAll('.compare[data-done] .gd .scatterlayer').length === 2",
    "theory": "() => document.querySelector('.theory:not([aria-busy]) .block')",
}
# Whether the settings of the address are in the widgets.
RESTORED = "async () => (await import('ddpm/page/settings.js')).areRestored()"
# Keeps each message on screen as it appears: on a busy machine it may be gone again before a test looks.
MESSAGES = """() => {
  window.messagesSeen = [];
  const seen = new WeakSet();
  new MutationObserver(() => {
    for (const text of document.querySelectorAll("[data-testid=toast-text]")) {
      if (!seen.has(text)) window.messagesSeen.push(text.innerText);
      seen.add(text);
    }
  }).observe(document, { childList: true, subtree: true });
}"""
# By how much the page is too wide, also where what is too wide is cut off.
WIDE = """() => Math.max(document.documentElement.scrollWidth - innerWidth,
  ...[...document.querySelectorAll(".tabitem")].map((tab) => tab.getBoundingClientRect().right - innerWidth))"""
# What a visitor leaves behind in a browser, but for the cache of files.
OWN = "cookies,file_systems,indexeddb,local_storage,service_workers,cache_storage"
# Browsers without a visitor, by what they were opened with: a second one need not load and compile all scripts anew.
KEPT: WeakKeyDictionary[Browser, dict[str, list[BrowserContext]]] = WeakKeyDictionary()
# What Gradio says of a stream whose page is left: while it runs, and while it is only being opened.
CUT_OFF = (
    "signal is aborted",
    "Connection errored out",
    "error 404",
    "INCOMPLETE_CHUNKED_ENCODING",
    "network error",
    "BodyStreamBuffer was aborted",
)
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Visit:
    """A page at `address` + `query`; `close` asserts that it neither complained nor spoke to strangers."""

    def __init__(
        self, chromium: Browser, address: str, query: str = "", clock: bool = False, **context: object
    ) -> None:
        options = {"viewport": {"width": 1280, "height": 1000}, "accept_downloads": True} | context
        self._shelf = KEPT.setdefault(chromium, {}).setdefault(f"{options} {clock}", [])
        self.context: BrowserContext = (
            self._shelf.pop() if self._shelf else chromium.new_context(**options)  # type: ignore[arg-type]
        )
        self.address = address
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.complaints.append(m.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"{error}\n{error.stack}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.add_init_script(f"({MESSAGES})()")
        self._clock = clock
        if clock:  # which tests can then put forward
            self.page.clock.install()
        self.page.goto(address + query)

    @property
    def strangers(self) -> list[str]:
        """Requests that left the machine."""
        return [url for url in self.requests if not url.startswith((self.address, "data:", "blob:"))]

    @property
    def asked(self) -> int:
        """How often the server was asked so far, heartbeats left out."""
        return len([url for url in self.requests if "heartbeat" not in url])

    def settled(self, quiet_s: float = 1.0) -> int:
        """How often the server was asked, once it has not been for a while."""
        seen = -1
        while seen != self.asked:
            seen = self.asked
            self.page.wait_for_timeout(1000 * quiet_s)
        return seen

    def reload(self) -> None:
        """Load the page anew. Gradio complains of the streams that this cuts off."""
        self.settled()
        before = len(self.complaints)
        self.page.reload()
        self.forget_streams(before)

    def forget_streams(self, before: int = 0) -> None:
        """Drop what Gradio said, from a complaint on, of streams that a reload has cut off."""
        late = [text for text in self.complaints[before:] if not any(words in text for words in CUT_OFF)]
        self.complaints[before:] = late

    def close(self) -> None:
        """Leave; the console and the network log must be clean, and nothing may scroll sideways."""
        wide = self.page.evaluate(WIDE)
        complaints = list(self.complaints)  # Gradio complains of the streams that leaving cuts off
        self._leave()
        assert not complaints, complaints
        assert not self.strangers, self.strangers
        assert wide <= 0, f"{wide} px too wide"

    def _leave(self) -> None:
        """Close the page, and leave a browser for the next visitor that has nothing but the files it has loaded."""
        at_home = urlsplit(self.page.url)
        if self._clock:  # it stays put forward
            return self.context.close()
        self.page.close()
        page = self.context.new_page()
        session = self.context.new_cdp_session(page)
        what = {"origin": f"{at_home.scheme}://{at_home.netloc}", "storageTypes": OWN}
        session.send("Storage.clearDataForOrigin", what)
        self.context.clear_cookies()
        self.context.clear_permissions()
        page.close()
        self._shelf.append(self.context)

    def wait(self, script: str, argument: object = None) -> None:
        """Until a script says true."""
        self.page.wait_for_function(script, arg=argument)

    def until(self, holds: Callable[[], bool], patience_s: float = 20.0) -> None:
        """Until something that cannot be said in the page's own script holds."""
        end = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < end, f"not within {patience_s:g} s"
            self.page.wait_for_timeout(50)

    def wait_for_address(self, *parts: str) -> None:
        """Until the address holds all these."""
        self.wait("(parts) => parts.every((part) => decodeURIComponent(location.search).includes(part))", list(parts))

    def tab(self, name: str) -> None:
        """Bring a tab to the front."""
        self.page.get_by_role("tab", name=name.capitalize()).click()

    def open(self, name: str) -> None:
        """Bring a tab to the front by what it is, whatever it is called, and wait until it is drawn."""
        self.page.click(f"#tab-{name}-button")
        self.page.wait_for_selector(f"#tab-{name}-button[aria-selected=true]")
        self.wait(DRAWN[name])
        self.page.evaluate(NEXT_FRAME)

    def slide(self, selector: str, value: float) -> None:
        """Move a range input as a finger would, and wait until that is drawn."""
        self.page.evaluate(SLIDE, [selector, value])
        self.page.evaluate(NEXT_FRAME)

    def pixels(self, selector: str) -> np.ndarray:
        """A canvas as (H,W,3) uint8."""
        seen = self.page.evaluate(PIXELS, selector)
        rgba = np.frombuffer(base64.b64decode(seen["rgba"]), np.uint8)
        return rgba.reshape(seen["height"], seen["width"], 4)[..., :3].copy()

    def toast(self) -> str:
        """The oldest message that was on screen and not yet read, once there is one; it is then closed."""
        self.wait("() => window.messagesSeen.length")
        message = str(self.page.evaluate("() => window.messagesSeen.shift()"))
        body = self.page.locator(".toast-body").first
        self.page.evaluate("() => document.querySelector('[data-testid=toast-close]')?.click()")
        body.wait_for(state="detached")
        return message
