"""The tests know nothing of the variables of the shell that runs them."""

import os

from app.settings import Settings

# here, not in a fixture: app.main and app.worker read their settings when a test imports them
for name in list(os.environ):
    if name.lower() in Settings.model_fields:
        del os.environ[name]
