"""The local stack without Docker: docker-compose.yml as plain processes, and the page."""

import signal

signal.signal(
    signal.SIGINT, signal.SIG_DFL
)  # until something runs, Ctrl-C ends this without a word
