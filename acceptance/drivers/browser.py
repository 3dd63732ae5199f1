"""The page in a real browser."""

import shutil


def executable() -> str | None:
    """The machine's own Chrome or Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def unavailable() -> str | None:
    """Why there is no browser here, and what installs one; None when there is one."""
    if executable():
        return None
    return "needs Chrome or Chromium; on Debian or Ubuntu: apt install chromium"
