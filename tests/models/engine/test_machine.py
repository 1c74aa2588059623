"""Where compiled programs are kept: nowhere, without a word, where nothing can be written."""

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


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_set(home, monkeypatch):
    (home / ".cache").write_text("a file where a folder should be")
    assert cache_folder() is None
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    prepare_jax()
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ


def test_a_relative_home_is_none(home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert cache_folder() is None
