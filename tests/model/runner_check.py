"""What the checks that run ropewalk-llama share: paths from the command line, the reason to skip,
and failures counted. Importing it ends the program with 77 where there is no runner or NumPy.
"""
import pathlib
import sys

SOURCE, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
RUNNER, ROPEWALK = BUILD / "runner" / "ropewalk-llama", BUILD / "ropewalk"
WORDS = "the rope turns and turns, and where it began it may end; then the rope is at its end. "

sys.dont_write_bytecode = True
_failed = []


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def expect(condition, what):
    if not condition:
        _failed.append(what)
        print(f"FAIL: {what}")


def finish(passed):
    """Print `passed`, or how many expectations failed, and end the program."""
    print(f"{len(_failed)} failures" if _failed else passed)
    sys.exit(1 if _failed else 0)


if not RUNNER.exists():
    skip("ropewalk-llama is not built (no llama.cpp): what it does is not checked")
try:
    import numpy  # noqa: F401
except ImportError:
    skip("numpy is not installed: what ropewalk-llama does is not checked")
