"""What docker-compose.yml may say of a service."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SUPPORTED_KEYS = {
    *("image", "build", "command", "environment", "ports", "depends_on", "healthcheck"),
    *("restart", "stop_signal", "stop_grace_period", "profiles", "volumes", "develop"),
}
IGNORED_KEYS = {
    key: reason
    for reason, keys in {
        "the supervisor does it": "init logging attach container_name",
        "services run in the tree itself": "working_dir tmpfs read_only platform pull_policy",
        "services share this machine's network": "networks network_mode hostname domainname"
        " extra_hosts dns expose links",
        "services have the rights of who runs dev.sh": "user cap_add cap_drop security_opt"
        " privileged group_add userns_mode",
        "services share this machine's resources": "deploy scale ulimits shm_size mem_limit"
        " mem_reservation memswap_limit cpus cpu_shares pids_limit sysctls ipc oom_score_adj",
        "services have no terminal": "stdin_open tty",
        "only Docker's own tools read it": "labels annotations",
    }.items()
    for key in keys.split()
}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
WATCH_ACTIONS = {"restart", "sync", "sync+exec", "sync+restart", "rebuild"}
RESTART_POLICIES = {"no", "always", "on-failure", "unless-stopped"}


@dataclass(frozen=True)
class Port:
    """A published port."""

    target: int  # in the container
    published: int  # on this machine
    variable: str | None = None  # moves it


@dataclass(frozen=True)
class Healthcheck:
    """How to ask a service for its health. The defaults are Docker's."""

    test: tuple[str, ...]
    interval_seconds: float = 30
    timeout_seconds: float = 30
    retries: int = 3
    start_period_seconds: float = 0
    start_interval_seconds: float = 5


@dataclass(frozen=True)
class ServiceSpec:
    """What docker-compose.yml says of a service, its variables not yet put in where ports may stand.

    That is in the templates: `command`, `environment` and the healthcheck's test.
    """

    name: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    image: str = ""
    is_built: bool = False
    folder: Path | None = None  # what it is built from, or else where the file is
    command: str | tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    depends_on: Mapping[str, str] = field(default_factory=dict)  # service -> condition
    healthcheck: Healthcheck | None = None
    restart_policy: str = "no"
    max_restarts: float = 0  # in a row
    stop_signal: signal.Signals | None = None  # None: the image's own
    stop_grace_seconds: float = 10  # Docker's default
    profiles: tuple[str, ...] = ()
    watched: Mapping[Path, str] = field(default_factory=dict)  # path -> what its change leads to
    is_native: bool | None = None  # x-native: False: for containers only, True: has a command here
    error: str = ""  # why it cannot be used
