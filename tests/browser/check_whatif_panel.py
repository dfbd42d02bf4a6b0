"""The opened head of a report under another table, in a real browser: what whatif_panel.mjs asks of it.

usage: check_whatif_panel.py SOURCE_DIR BUILD_DIR      exit 77: no browser, node or program here

Pictures of the panel stay in BUILD_DIR/screenshots."""
import copy
import json
import os
import subprocess
import sys
import tempfile

import browser_here


def variant(audit, **rotation):
    """The audit with another first rotation."""
    audit = copy.deepcopy(audit)
    audit["rotations"][0].update(rotation)
    return audit


def main():
    source, build, program, node, browser = browser_here.find("a report's sliders")
    with open(os.path.join(source, "tests", "fixtures", "audit_small.json"), encoding="utf-8") as f:
        audit = json.load(f)
    speeds = audit["rotations"][0]["inv_freq"]
    documents = {
        "plain": variant(audit, mechanism="none", parameters={}),
        "partial": variant(audit, mechanism="linear", parameters={"factor": 4.0}, rotary_dim=4, rotary_offset=2, attn_factor=1.25,
                           pairs="interleaved", inv_freq=[s / 4 for s in speeds[::2]]),
        "strange": variant(audit, mechanism="<img src=x onerror=alert(1)>", rope_theta=None),
    }
    shots = os.path.join(build, "screenshots")
    os.makedirs(shots, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, document in documents.items():
            path = os.path.join(folder, name + ".json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(document, f)
            subprocess.run([program, "report", path, "-o", path[:-4] + "html"], check=True)
        done = subprocess.run([node, os.path.join(source, "tests", "browser", "whatif_panel.mjs"), folder, program,
                               *browser, shots], timeout=1700, check=False)
    sys.exit(1 if done.returncode else 0)


if __name__ == "__main__":
    main()
