"""Run dev.sh's command line."""

import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl-C exits silently
    from native.command_line import main

    sys.exit(not main())
