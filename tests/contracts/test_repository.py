"""What git holds and what it must not."""

import re

# The only file that may spell these out is this one.
TRACES = re.compile(r"/home/\w|/Users/\w|/root/|C:\\\\Users|\blocalhost:\d", re.I)


def test_git_holds_no_lock_file_and_no_trace_of_a_machine(house):
    assert house.tracked, "tests run from a git checkout"
    assert "uv.lock" not in house.tracked
    for name in house.tracked:
        if not name.endswith((".png", ".nc", ".npz", "tests/contracts/test_repository.py")):
            found = TRACES.search((house.root / name).read_text(errors="ignore"))
            assert found is None, f"{name}: {found.group() if found else ''}"
