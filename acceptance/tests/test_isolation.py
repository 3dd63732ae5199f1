"""The suite is a guest: nothing that the developer has is changed by it."""

import os
from pathlib import Path

import pytest

from acceptance.drivers import suite
from acceptance.drivers.git import commit_all, git
from acceptance.drivers.tree import Tree


@pytest.mark.anywhere
@getattr(pytest.mark, "T-isolation")
def test_as_a_git_hook_the_suite_leaves_the_repository_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, worktree = tmp_path / "checkout", tmp_path / "worktree"
    checkout.mkdir()
    (checkout / "file").write_text("committed")
    commit_all(checkout)
    git(checkout, "worktree", "add", "--quiet", str(worktree))
    (worktree / "file").write_text("work in progress")

    def state() -> list[str]:
        return [
            git(worktree, "log", "--format=%H %an"),
            git(worktree, "status", "--short"),
            git(checkout, "config", "--list"),
        ]

    before = state()
    # what git gives a hook that runs in a linked worktree, and a configuration with which no commit succeeds
    git_dir = git(worktree, "rev-parse", "--absolute-git-dir").strip()
    hostile = tmp_path / "gitconfig"
    hostile.write_text(
        "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n[core]\n\texcludesFile = /dev/stdin\n"
    )
    monkeypatch.setenv("GIT_DIR", git_dir)
    monkeypatch.setenv("GIT_INDEX_FILE", f"{git_dir}/index")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(hostile))
    monkeypatch.chdir(worktree)

    copy = suite.commit(Tree.copy("hook"))

    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(variable)
    assert state() == before
    assert len(git(copy.path, "log", "--format=%H").split()) == 1
    assert "acceptance/features" in git(copy.path, "ls-files")
