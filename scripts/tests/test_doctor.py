"""What the doctor finds on this machine and in this clone, and what it says of it."""

import json
import os
import shutil
import socket
import subprocess
from unittest.mock import Mock

import doctor
import pytest
from native import ROOT

FILES = (
    *(".env.example", "docker-compose.yml", "frontend/package.json"),
    *("backend/app/settings.py", "backend/requirements.txt"),
)
ANSWERS = {
    "docker version": "26.1.5\n",
    "docker compose": "v2.26.1-4\n",
    "docker context": "unix:///var/run/docker.sock\n",
    "docker ps": "",
    "node --version": "v24.1.0\n",
    "git --version": "git version 2.39.5\n",
}


@pytest.fixture
def clone(monkeypatch, tmp_path):
    """Return a clone of the files that the doctor reads, for which ports are moved."""
    clone = tmp_path / "Ia CRM"
    for name in FILES:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    monkeypatch.setattr(doctor, "ROOT", clone)
    monkeypatch.setattr(doctor, "COMPOSE_FILE", clone / "docker-compose.yml")
    monkeypatch.setattr(doctor, "STATE_FILE", clone / ".dev/state.json")
    for name in ("POSTGRES_PORT", "REDIS_PORT", "API_PORT"):
        with socket.create_server(("127.0.0.1", 0)) as server:
            monkeypatch.setenv(name, str(server.getsockname()[1]))
    return clone


@pytest.fixture
def findings(monkeypatch, clone):
    """Return what gives the findings of a check, on a machine where programs answer like this."""

    def run(check, **answers):
        def ask(*command):
            answer = (ANSWERS | {name.replace("_", " "): a for name, a in answers.items()})[
                " ".join(command[:2])
            ]
            if isinstance(answer, Exception):
                raise answer
            return answer

        def which(name):
            return answers.get(name, name)

        monkeypatch.setattr(doctor, "ask", ask)
        monkeypatch.setattr(doctor.shutil, "which", which)
        doctor.containers.cache_clear()
        return [str(each) for each in check() if isinstance(each, doctor.Finding)]

    return run


NOT_THERE = FileNotFoundError("no such program")
BROKEN = subprocess.CalledProcessError(1, "docker", stderr="a warning\nIs the daemon running?\n")


@pytest.mark.parametrize("check", doctor.CHECKS, ids=lambda check: check.__name__)
def test_a_machine_as_it_should_be_has_no_findings(findings, monkeypatch, check):
    monkeypatch.setattr(doctor, "FRONTEND_PORT", doctor.Port(0, 0))
    assert findings(check) == []


@pytest.mark.parametrize(
    ("check", "answers", "words"),
    [
        (doctor.engine, {"docker_version": NOT_THERE}, "found none that answers (no such program)"),
        (doctor.engine, {"docker_version": BROKEN}, "found none that answers (Is the daemon runn"),
        (doctor.engine, {"docker_version": "24.0.9\n"}, "found Engine 24.0.9 with Compose 2.26.1"),
        (doctor.engine, {"docker_compose": "2.9.1\n"}, "expected Engine 25 or later with Compose"),
        (doctor.engine, {"docker_context": "ssh://far\n"}, "found ssh://far: choose another"),
        (doctor.node, {"node_--version": NOT_THERE}, "expected ^20.19.0 || >=22.12.0 with npm"),
        (doctor.node, {"npm": None}, "found no npm"),
        (doctor.node, {"node_--version": "v20.18.9"}, "found v20.18.9"),
        (doctor.node, {"node_--version": "v21.7.0"}, "found v21.7.0"),
        (doctor.node, {"node_--version": "v22.11.0"}, "found v22.11.0"),
        (doctor.git, {"git_--version": NOT_THERE}, "found none: install it"),
        (
            doctor.compose_project,
            {"docker_ps": "a-api-1\tia-api\t/other\n"},
            "found that of /other",
        ),
        (doctor.compose_project, {"docker_ps": "x\tsha256:0123456789ab\tHERE\n"}, "last image"),
    ],
)
def test_what_a_machine_lacks_is_one_line(findings, clone, check, answers, words):
    answers = {
        n: a.replace("HERE", str(clone)) if n == "docker_ps" else a for n, a in answers.items()
    }
    [line] = findings(check, **answers)
    assert words in line and ": expected " in line and ", found " in line, line


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.12.0", "v24.0.0"])
def test_each_node_that_the_page_runs_on_is_taken(findings, version):
    assert findings(doctor.node, **{"node_--version": version}) == []


def test_a_clone_that_cannot_be_written_or_has_no_room(findings, monkeypatch):
    monkeypatch.setattr(doctor.os, "access", Mock(return_value=False))
    monkeypatch.setattr(doctor, "NEEDED_BYTES", 1 << 60)
    assert "expected a folder that you may write" in findings(doctor.folder)[0]
    assert "make room" in findings(doctor.disk)[0]


def test_what_env_sets_is_read_and_tried(findings, clone):
    (clone / ".env").write_text("API_PORT: 1\nX='s3cret")
    assert [line[:12] for line in findings(doctor.env_file)] == [".env: line 1", ".env: line 2"]
    assert "s3cret" not in "".join(findings(doctor.env_file))
    (clone / ".env").write_text("API_PROT=1\nREDIS_PORT=0\n")
    [line] = findings(doctor.settings)  # the ports of the shell win
    assert "found API_PROT: write API_PORT" in line


def test_files_and_variables_by_which_docker_compose_starts_something_else(
    findings, clone, monkeypatch
):
    (clone / "docker-compose.override.yml").touch()
    (clone / "compose.yaml").touch()
    monkeypatch.setenv("COMPOSE_FILE", "other.yml")
    assert len(findings(doctor.settings)) == 3


def test_a_port_names_its_holder_unless_it_is_this_clones(findings, clone, monkeypatch):
    monkeypatch.setattr(doctor, "FRONTEND_PORT", doctor.Port(0, 0))
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("API_PORT", str(server.getsockname()[1]))
        [line] = findings(doctor.ports)
        assert "(pid " in line and "or set API_PORT in .env" in line
        monkeypatch.chdir(clone)  # by hand: dev.sh and Docker Compose would refuse to start
        assert len(findings(doctor.ports)) == 1
        (clone / ".dev").mkdir()
        (clone / ".dev/state.json").write_text(json.dumps({"pid": os.getppid()}))
        assert findings(doctor.ports) == []


@pytest.mark.parametrize(
    ("folder", "variable", "name"),
    [("客户", "", ""), ("客户", "ia", "ia"), ("_-Ia (neu) März", "", "ianeumrz"), ("a", "b", "b")],
)
def test_the_name_of_the_compose_project(findings, clone, monkeypatch, folder, variable, name):
    monkeypatch.setattr(doctor, "ROOT", clone.rename(clone.with_name(folder)))
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", variable)
    assert doctor.project_name() == name
    assert len(findings(doctor.compose_project)) == (not name)


def test_findings_come_last_and_the_exit_code_says_it(findings, clone, monkeypatch, capsys):
    findings(doctor.node)
    monkeypatch.setattr(doctor, "CHECKS", (doctor.node, doctor.git))
    doctor.main()
    assert capsys.readouterr().out.splitlines()[-1] == "everything is as it should be"
    findings(doctor.node, **{"node_--version": NOT_THERE})
    with pytest.raises(SystemExit) as ended:
        doctor.main()
    assert ended.value.code == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("✗ Node: expected ")
