#!/usr/bin/env python3
"""Every golden test of the command line: see run.py.

usage: check_golden.py SOURCE_DIR BUILD_DIR      exit 77: no program here
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402

sys.exit(run.main())
