"""Files are whole or not there, obey umask, and tell when a bit of them has changed."""

import os
import random
import stat

import pytest

from models.whole_file import SEAL, DamagedFileError, opened, replacing, require_whole, sealed

REMEDY = "make it again"


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_a_new_file_can_be_read_by_whom_umask_allows(tmp_path, mask):
    before = os.umask(mask)
    try:
        with replacing(tmp_path / "sub" / "a") as temporary:
            temporary.write_bytes(b"content")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "sub" / "a").stat().st_mode) == 0o666 & ~mask


def test_a_failed_block_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 20])
def test_content_comes_back_without_its_seal(tmp_path, content):
    path = tmp_path / "a"
    with replacing(path, seal=True) as temporary:
        temporary.write_bytes(content)
    assert path.read_bytes() == sealed(content)
    assert opened(path.read_bytes(), path, REMEDY) == (content, True)
    assert require_whole(path, REMEDY)


def test_a_file_without_a_seal_is_taken_as_it_is(tmp_path):
    (tmp_path / "a").write_bytes(b"before")
    assert opened(b"before", "a", REMEDY) == (b"before", False)
    assert not require_whole(tmp_path / "a", REMEDY)


def test_every_flipped_bit_is_told_by_name(tmp_path):
    path, whole = tmp_path / "a", sealed(b"some content of a file")
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << random.Random(at).randrange(8)
        path.write_bytes(changed)
        with pytest.raises(DamagedFileError, match=r"a: is damaged .*: make it again"):
            opened(bytes(changed), path, REMEDY)
        with pytest.raises(DamagedFileError, match=r"a: is damaged .*: make it again"):
            require_whole(path, REMEDY)


def test_a_seal_that_is_cut_is_told(tmp_path):
    whole = sealed(b"content" * 100)
    for less in (1, 30, SEAL - 20):
        with pytest.raises(DamagedFileError, match="cut off"):
            opened(whole[:-less], "a", REMEDY)
