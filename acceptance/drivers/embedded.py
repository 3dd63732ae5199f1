"""The stack as plain processes, run by the orchestrator that ./scripts/dev.sh starts."""
from acceptance.drivers.stack import Stack


class EmbeddedStack(Stack):
    name = "embedded"
