"""Runs that are ended from outside. What decides is a byte that is written or a file that has grown, never how fast a
machine is: a slow one and a quick one see the same."""
import os
import resource
import signal
import subprocess
import time


def at_byte(command, n, **more):
    """Ended by the kernel, wherever it is, when a file would grow beyond n bytes. Whether that came to pass."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (n, resource.RLIM_INFINITY))

    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, preexec_fn=limit, **more)
    return done.returncode == -signal.SIGXFSZ


def at_random(command, seconds):
    """Killed after so long, if it is not done by then; nothing may be concluded from which of both it was."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def when(command, ready, strike, hopeless=lambda child: False, **more):
    """Struck as soon as it is ready, unless it is done before; both are asked with the process. Its exit code and what it
    said on standard error. Where it goes on for long, it is killed if that is hopeless."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             text=True, **more)
    while child.poll() is None and not ready(child):
        time.sleep(0.002)
    if child.poll() is None:
        strike(child)
    while True:
        try:
            said = child.communicate(timeout=20)[1]
            return child.returncode, said
        except subprocess.TimeoutExpired:
            if hopeless(child):
                child.kill()


def size(path):
    return os.stat(path).st_size if os.path.exists(path) else 0


def is_dead(pid):
    """Ended, though its parent may not have asked how."""
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
