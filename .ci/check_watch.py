#!/usr/bin/env python3
"""docs/local.md, "cargo lambda, without Docker", done once: a request of each source through its function's own binary.

Starts the local gateway, then `cargo lambda watch` with the variables that `tributary env` gives, and invokes each
function with a file of events/. The gateway must print what the functions have sent. Needs cargo-lambda in the PATH and
target/debug/tributary.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from free_port import free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent
TRIBUTARY = ROOT / "target/debug/tributary"
# Compiling what the suite has not compiled yet.
PATIENCE = 600


def start(command, **options):
    """A process with those it starts, all to be ended by `stop`."""
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, text=True, start_new_session=True, **options)


def stop(process):
    # The second is for what the process has left behind.
    for how in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(timeout=20)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            pass


def gateway(printed):
    """The local gateway, ready, and where it is."""
    process = start([TRIBUTARY, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith("Stop:"):
            break
    threading.Thread(target=lambda: [None for _ in process.stderr], daemon=True).start()
    threading.Thread(target=lambda: printed.extend(process.stdout), daemon=True).start()
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    if not found:
        sys.exit(f"the local gateway does not start:\n{said}")
    return process, found.group()


def variables(base):
    exports = subprocess.run([TRIBUTARY, "env", f"--local={base}"], check=True, capture_output=True, text=True).stdout
    shown = subprocess.run(["sh", "-c", f"{exports}\nenv -0"], check=True, capture_output=True, text=True).stdout
    return dict(pair.split("=", 1) for pair in shown.split("\0") if pair)


def invocation(function, port, *data):
    return ["cargo", "lambda", "invoke", function, *data, "-A", "127.0.0.1", "-P", str(port)]


def invoke(*request):
    command = invocation(*request)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout or "null")


def wait_for(condition):
    for _ in range(100):
        if condition():
            return True
        time.sleep(0.1)
    return False


def main():
    printed = []
    local, base = gateway(printed)
    watch = None
    try:
        port = free_port()
        command = ["cargo", "lambda", "watch", "-A", "127.0.0.1", "-P", str(port)]
        watch = start(command, env=variables(base), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def listens():
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0

        if not wait_for(listens):
            sys.exit("`cargo lambda watch` does not listen within 10 s; run it by hand to see why")
        # It takes most of a minute, so beside the others.
        sweeper = subprocess.Popen(invocation("sweeper", port, "--data-ascii", "{}"), cwd=ROOT)
        for folder in sorted((ROOT / "events").iterdir()):
            file = next(file for file in sorted(folder.glob("*.json")) if not re.search("wrong|bad|broken", file.name))
            answer = invoke(folder.name, port, "--data-file", str(file.relative_to(ROOT)))
            if answer["statusCode"] != 200:
                sys.exit(f"{file.name}: answered {answer['statusCode']}")
            source = f'"source":"/{folder.name}'
            if not wait_for(lambda: any(source in line for line in printed)):
                sys.exit(f"{folder.name}/{file.name}: answered 200, but the local gateway prints no event of it")
            print(f"{folder.name:<12} {file.name:<32} 200, its event printed by the local gateway")
        if sweeper.wait(timeout=PATIENCE) != 0:
            sys.exit("the sweeper was not invoked, see above")
        print("sweeper      ran")
    finally:
        for process in (watch, local):
            if process:
                stop(process)


if __name__ == "__main__":
    main()
