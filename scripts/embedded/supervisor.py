"""Runs services as Docker would: in order, with healthchecks and restarts, until it is stopped."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import watchfiles

from embedded.output import Console, Log
from embedded.reaper import GRACE, Reaper, signal_group
from embedded.service import STATE, Service

STATE_FILE = STATE / "state.json"


class Run:
    """A service as it is now; its public part is what the state file shows."""

    def __init__(self, service: Service, console: Console) -> None:
        self.service = service
        self.log = Log(service.name, STATE / "logs" / f"{service.name}.log", console)
        self.public: dict[str, Any] = {
            "pid": None, "state": "waiting", "exit_code": None, "port": service.port,
            "health": "starting" if service.health else "none", "health_log": []}
        self.reached = {"service_started": asyncio.Event(), "service_healthy": asyncio.Event()}
        self.again = asyncio.Event()  # stop it if it runs, and start it


class Supervisor:
    """Keeps services running, one coroutine for each, and says what happens to them."""

    def __init__(self, services: dict[str, Service], console: Console, reaper: Reaper) -> None:
        self._console, self._reaper = console, reaper
        self._runs = {name: Run(service, console) for name, service in services.items()}
        self._ready, self._stopping = False, asyncio.Event()

    async def run(self) -> bool:
        """Start everything and stay until a signal, or until a service fails during the start.

        Return whether everything was healthy before the end.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGUSR1, self._start_exited)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._keep(run)) for run in self._runs.values()]
            folders = {run.service.watch for run in self._runs.values() if run.service.watch}
            tasks += [group.create_task(self._watch(folder)) for folder in folders]
            tasks += [group.create_task(self._announce_ready(loop.time()))]
            await self._stopping.wait()
            self._say("stopping")
            for task in tasks:
                task.cancel()
        return self._ready

    def _say(self, text: str) -> None:
        self._console.line("dev", text)

    def _set(self, run: Run, **changes: Any) -> None:
        run.public |= changes
        self._save()

    def _save(self) -> None:
        services = {name: run.public for name, run in self._runs.items()}
        content = {"pid": os.getpid(), "ready": self._ready, "services": services}
        draft = STATE_FILE.with_suffix(".new")
        draft.write_text(json.dumps(content, indent=1))
        draft.replace(STATE_FILE)

    def _start_exited(self) -> None:
        for run in self._runs.values():
            if run.public["state"] == "exited":
                run.again.set()

    async def _announce_ready(self, began: float) -> None:
        for run in self._runs.values():
            await run.reached["service_healthy" if run.service.health else "service_started"].wait()
        self._ready = True
        self._save()
        self._say(f"ready in {asyncio.get_running_loop().time() - began:.1f} s")
        for name, run in self._runs.items():
            run.log.shown = True
            if run.service.address:
                self._say(f"  {name:9} {run.service.address}")
        self._say("Ctrl-C stops everything")

    async def _watch(self, folder: Path) -> None:
        runs = [run for run in self._runs.values() if run.service.watch == folder]
        async for changes in watchfiles.awatch(folder, watch_filter=watchfiles.PythonFilter()):
            changed = ", ".join(sorted({Path(path).name for _, path in changes}))
            self._say(f"{changed} changed, restarting {' and '.join(run.service.name for run in runs)}")
            for run in runs:
                run.again.set()

    async def _keep(self, run: Run) -> None:
        """Start a service when its dependencies are there; again when it was asked for or its policy says so."""
        service, loop = run.service, asyncio.get_running_loop()
        for name, condition in service.depends_on.items():
            await self._runs[name].reached[condition].wait()
        restarts, delay = 0, 0.0
        while True:
            run.again.clear()
            began = loop.time()
            code = await self._live(run)
            if run.again.is_set():
                restarts = 0
                continue
            self._set(run, state="exited", pid=None, exit_code=code, health="unhealthy" if service.health else "none")
            if code and restarts < service.restarts:
                # as Docker waits: from 0.1 s, twice as long each time, anew after 10 s of life
                delay = 0.1 if loop.time() - began >= 10 or not delay else min(2 * delay, 60.0)
                restarts += 1
                self._say(f"{service.name} exited with code {code}, restart {restarts} of {service.restarts}")
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await run.again.wait()
                continue
            self._say(f"{service.name} exited with code {code}")
            if not self._ready:
                self._fail(run)
            await run.again.wait()
            restarts = 0

    def _fail(self, run: Run) -> None:
        for line in run.log.tail:
            self._console.line(run.service.name, line)
        self._say(f"{run.service.name} did not start; its last lines are above, all of them in .dev/logs")
        self._stopping.set()

    async def _live(self, run: Run) -> int:
        """Run a service from its start to its end; return the exit code, 128 + N after signal N."""
        service = run.service
        self._set(run, state="starting", pid=None, exit_code=None, health="starting" if service.health else "none")
        with run.log.pipe() as sink:
            try:
                if service.prepare:
                    await service.prepare(lambda command, **how: self._execute(run, sink, command, **how))
                async with self._process(service, service.command, stdout=sink,
                                         stop_signal=service.stop_signal) as process:
                    self._set(run, state="running", pid=process.pid)
                    run.reached["service_started"].set()
                    watchers = [asyncio.ensure_future(run.again.wait())]
                    ended = asyncio.ensure_future(process.wait())
                    if service.health:
                        watchers.append(asyncio.ensure_future(self._check(run)))
                    try:
                        await asyncio.wait([ended, watchers[0]], return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        for watcher in watchers:
                            watcher.cancel()
            except subprocess.CalledProcessError as error:
                return error.returncode
            except OSError as error:
                run.log.write(f"{error}\n".encode())
                return 127
        return process.returncode if process.returncode >= 0 else 128 - process.returncode

    async def _execute(self, run: Run, sink: int, command: list[str], *, why: str = "", stdin: str = "",
                       env: dict[str, str] | None = None) -> None:
        """Run a command before a service's start. Raises CalledProcessError when it fails."""
        if why:
            self._say(f"{run.service.name}: {why}")
        async with self._process(run.service, command, stdin=subprocess.PIPE, stdout=sink, env=env) as process:
            await process.communicate(stdin.encode())
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)

    @asynccontextmanager
    async def _process(self, service: Service, command: list[str], *, stdout: int, stdin: int = subprocess.DEVNULL,
                       env: dict[str, str] | None = None, stop_signal: signal.Signals = signal.SIGKILL,
                       ) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run a command as the leader of its own group, which ends with the block."""
        process = await asyncio.create_subprocess_exec(
            *command, cwd=service.cwd, env=env or service.env, stdin=stdin, stdout=stdout, stderr=subprocess.STDOUT,
            start_new_session=True)
        self._reaper.add(process.pid, stop_signal)
        try:
            yield process
        finally:
            signal_group(process.pid, stop_signal)
            ended = asyncio.ensure_future(process.wait())
            try:
                await asyncio.wait([ended], timeout=GRACE)
            finally:
                signal_group(process.pid, signal.SIGKILL)  # also what its leader left behind
            await ended
            self._reaper.remove(process.pid)

    async def _check(self, run: Run) -> None:
        """Follow a running service's health by Docker's rules."""
        service, check, loop = run.service, run.service.health, asyncio.get_running_loop()
        began, failures = loop.time(), 0
        while True:
            early = run.public["health"] == "starting" and loop.time() - began < check.start_period
            await asyncio.sleep(check.start_interval if early else check.interval)
            asked = loop.time()
            code, output = await self._probe(service)
            entry = {"exit": code, "output": output, "time": datetime.now(UTC).isoformat()}
            before, health = run.public["health"], run.public["health"]
            if code == 0:
                failures, health = 0, "healthy"
            elif before != "starting" or asked - began >= check.start_period:
                failures += 1
                health = "unhealthy" if failures >= check.retries else before
            self._set(run, health=health, health_log=[*run.public["health_log"], entry][-5:])
            if health != before:
                self._say(f"{service.name} is {health}" + (f": {output.splitlines()[-1]}" if output and code else ""))
            if health == "healthy":
                run.reached["service_healthy"].set()
            elif health == "unhealthy" and not self._ready:
                self._fail(run)

    async def _probe(self, service: Service) -> tuple[int, str]:
        """Run the healthcheck once; return its exit code (-1: no answer in time) and what it printed."""
        try:
            async with self._process(service, service.health.test, stdout=subprocess.PIPE) as process:
                async with asyncio.timeout(service.health.timeout):
                    output, _ = await process.communicate()
        except TimeoutError:
            return -1, f"Health check exceeded timeout ({service.health.timeout:g}s)"
        except OSError as error:
            return 127, str(error)
        return process.returncode, output[-4096:].decode(errors="replace").strip()
