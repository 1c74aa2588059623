"""Where compiled programs are kept: nowhere, which is told in a line, where nothing can be written."""

import os
import pathlib

import pytest

from models.engine.machine import cache_folder, prepare_jax


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_programs_are_kept_under_the_home_of_a_user(home):
    assert cache_folder() == home / ".cache" / "gp130" / "jax"


def test_without_a_home_nothing_is_kept(home, monkeypatch):
    def homeless() -> pathlib.Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(pathlib.Path, "home", homeless)
    assert cache_folder() is None


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_set(home, monkeypatch, caplog):
    (home / ".cache").write_text("a file where a folder should be")
    assert cache_folder() is None
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    prepare_jax()
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ
    (line,) = caplog.messages
    assert "XDG_CACHE_HOME" in line
    assert "\n" not in line


def test_a_folder_that_was_asked_for_and_takes_nothing_is_told_too(home, monkeypatch, caplog):
    (home / "file").write_text("no folder")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(home / "file" / "programs"))
    prepare_jax()
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ
    assert len(caplog.messages) == 1


def test_a_relative_home_is_none(home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert cache_folder() is None
