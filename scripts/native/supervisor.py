"""Run processes in the order of their dependencies, until dev.sh is stopped."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import watchfiles

from native import STATE_FILE
from native.output import Output
from native.service import Service
from native.translate import ProcessSpec

SCHEMES = {5432: "postgresql", 6379: "redis"}  # by container port; all others speak HTTP
POLL_SECONDS = 0.05
RESTART_ACTIONS = {"restart", "sync+restart"}


class Supervisor:
    """Keeps services running, one coroutine for each."""

    def __init__(self, processes: Mapping[str, ProcessSpec]) -> None:
        self._output = Output(processes)
        self._say = self._output.say
        awaited = {
            name
            for spec in processes.values()
            for name, condition in spec.depends_on.items()
            if condition == "service_completed_successfully"
        }
        self._services = {
            name: Service(spec, self._say, self._save_status, name in awaited)
            for name, spec in processes.items()
        }
        self._ready, self._failure, self._stop_requested = False, "", asyncio.Event()

    async def run(self) -> bool:
        """Start everything, and stay until a signal, or a failure before all are healthy.

        Return whether they ever were.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                loop.add_signal_handler(number, self._stop_requested.set)
        self._say(f"starting {', '.join(self._services)}")
        self._save_status()
        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(work) for work in (self._follow(), self._reload())]
            tasks = {name: group.create_task(self._run(name)) for name in self._services}
            await self._stop_requested.wait()
            self._say("stopping")
            while tasks:  # dependents first
                needed = {each for name in tasks for each in self._services[name].spec.depends_on}
                last = [tasks.pop(name) for name in tasks.keys() - needed]
                for task in last:
                    task.cancel()
                await asyncio.wait(last)
            for task in watching:
                task.cancel()
        early = f"stopped before everything was healthy; all output is in .dev/logs{self._failure}"
        self._say("stopped" if self._ready else early)
        return self._ready

    async def _run(self, name: str) -> None:
        for dependency, condition in self._services[name].spec.depends_on.items():
            if dependency in self._services:
                await self._services[dependency].event(condition).wait()
        await self._services[name].supervise()

    def _save_status(self) -> None:
        services = {name: service.status() for name, service in self._services.items()}
        status = {"pid": os.getpid(), "ready": self._ready, "services": services}
        draft = STATE_FILE.with_suffix(".new")
        try:
            draft.write_text(json.dumps(status, indent=1))
            draft.replace(STATE_FILE)
        except OSError as error:  # a full disk: the services go on, or say it themselves
            self._say(f"{STATE_FILE.name}: {error.strerror}")

    async def _follow(self) -> None:
        """Print what the services write; at the start, until all are ready, or one has failed."""
        began = monotonic()
        while True:
            self._output.print_logs()
            if not self._ready and not self._stop_requested.is_set():
                self._check_ready(monotonic() - began)
            await asyncio.sleep(POLL_SECONDS)

    def _check_ready(self, seconds: float) -> None:
        services = self._services.values()
        if failed := [each for each in services if each.health == "unhealthy"]:
            self._failure = f"; {failed[0].spec.name}: {failed[0].last_words()}"
            self._stop_requested.set()
        elif all(each.healthy.is_set() or each.completed.is_set() for each in services):
            self._ready = True
            self._save_status()
            self._say(f"ready in {seconds:.1f} s, Ctrl-C stops everything")
            for each in services:
                for port in each.spec.ports:
                    scheme = SCHEMES.get(port.target, "http")
                    self._say(f"  {each.spec.name:9} {scheme}://localhost:{port.published}")

    async def _reload(self) -> None:
        """Restart services when files change for which compose would, but no one-shot that is done."""
        services = self._services.values()
        watched = {path for service in services for path in service.spec.watched}
        if not watched:
            return
        async for changes in watchfiles.awatch(*watched):
            paths = [Path(path) for _, path in changes]
            files = ", ".join(sorted({path.name for path in paths}))
            actions = {
                service.spec.name: {
                    action
                    for place, action in service.spec.watched.items()
                    if any(path.is_relative_to(place) for path in paths)
                }
                for service in services
                if not service.completed.is_set()
            }
            changed = [name for name, wanted in actions.items() if wanted & RESTART_ACTIONS]
            for name in changed:
                self._services[name].restart_requested.set()
            if changed:
                self._say(f"{files} changed, restarting {' and '.join(changed)}")
            if any("rebuild" in wanted for wanted in actions.values()):
                self._say(f"{files} changed: stop and start dev.sh, which installs what is new")
