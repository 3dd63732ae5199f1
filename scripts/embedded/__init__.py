"""The local stack without Docker: docker-compose.yml as plain processes, and the page."""

import signal

# until the supervisor takes it, Ctrl-C ends this process without a word, as SIGTERM does: nothing runs yet
signal.signal(signal.SIGINT, signal.SIG_DFL)
