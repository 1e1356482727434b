#!/usr/bin/env python3
"""docs/local.md, "sam local", done: the built functions in containers, behind the runtime emulator that SAM brings.

Runs the commands of the page as they stand there: podman in place of Docker, the local gateway on podman's network, the
template with the variables declared. Then

  invoke   one file of each source by the page's `sam local invoke`, and the sweeper, its function and file put in; every
           file of events/ by `sam local start-lambda`, which does the same with SAM and the containers kept. 401 where the
           sender is a stranger, else 200
  queue    the events that the same requests give when the local gateway reads them itself, and no other
  api      requests through `sam local start-api`, paths that arrive decoded among them, and a route that is none
  again    nothing of that is new to the gateway once more: each event was on the queue once

With --docker it takes Docker, which must run, and AWS's image or the one that IMAGE names.
With --each every file is sent by `sam local invoke`, which takes some seconds of two processors for each.

Needs `sam build` to have been run, target/debug/tributary, SAM CLI in the PATH, and root for podman, which it installs on
Debian and Ubuntu. Where podman cannot be installed it says so and exits with 0. The image is a stand-in
(local/podman.sh), for a registry may be out of reach.
"""

import argparse
import base64
import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from pathlib import Path

from free_port import free_port

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/local.md"
# Files whose sender does not know the secret.
STRANGER = re.compile(r"wrong|bad-")
# What the page has for an example.
EXAMPLE_FUNCTION, EXAMPLE_FILE = "InfobipFunction", "events/infobip/sms-inbound.json"
SWEEPER = "sweeper"
API_PORT, LAMBDA_PORT = "3001", "3002"
# Seconds of the longest command, which makes SAM's image.
PATIENCE = 300
# One waits for its container while another computes.
AT_ONCE = 3
# Sent once more over HTTP: a duplicate by then.
KNOWN = "events/karte/talk-message-sent.json"


def blocks():
    """The shell commands of the page's part about sam local, by the heading that they stand under."""
    part = re.search(r"^## sam local\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    if not part:
        sys.exit("docs/local.md has no part `## sam local`")
    found = {}
    for piece in re.split(r"^### ", part[1], flags=re.M)[1:]:
        heading, text = piece.split("\n", 1)
        found[heading.strip()] = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    return found


class Shell:
    """Runs blocks of the page one after the other, as in one terminal: what one exports the next one has."""

    def __init__(self, scratch):
        self.variables = {**os.environ, "TRIBUTARY_PODMAN": str(scratch / "podman"), "SAM_CLI_TELEMETRY": "0"}
        self.kept = scratch / "variables"
        self.groups = []

    def run(self, block):
        script = f'set -euo pipefail\n{block}\nenv -0 >"{self.kept}"'
        # Its output goes to files: a process that is left in the background would keep a pipe open.
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=ROOT,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.groups.append(process.pid)
            code = process.wait(timeout=PATIENCE)
            said.seek(0)
            text = said.read()
        if code != 0:
            sys.exit(f"{block}\nexit code {code}\n{text}")
        pairs = self.kept.read_text(encoding="utf-8").split("\0")
        self.variables = dict(pair.split("=", 1) for pair in pairs if pair)
        return text

    def stop(self):
        """Ends what the blocks have left in the background."""
        for group in reversed(self.groups):
            for how in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, how)
                    time.sleep(0.5)


class Report:
    failed = 0

    def line(self, step, what, found, expected):
        good = found == expected
        self.failed += not good
        said = found if good else f"{found}, not {expected}"
        print(f"{step:<7} {what:<52} {said!s:<24} {'ok' if good else 'FAILED'}", flush=True)


def functions():
    """Logical name of each source's function in the template."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    pairs = re.findall(r"^  (\w+Function):$.*?Binary: ([\w-]+)", text, re.M | re.S)
    return {binary: logical for logical, binary in pairs}


def files():
    return sorted((ROOT / "events").glob("*/*.json"))


def invoke(shell, command, logical, path):
    """What `sam local invoke` prints for an event: the function's answer, or what went wrong, as text."""
    command = command.replace(EXAMPLE_FUNCTION, logical).replace(EXAMPLE_FILE, str(path))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=ROOT,
        env=shell.variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    # The function's own log is on standard error, its answer is the last line of standard output.
    lines = done.stdout.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, json.JSONDecodeError):
        return f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


def status(answer):
    return answer["statusCode"] if isinstance(answer, dict) and "statusCode" in answer else answer


def request(path):
    """Method, URL, headers and body that a file of events/ stands for."""
    event = json.loads(path.read_text(encoding="utf-8"))
    context = event["requestContext"]
    # API Gateway puts a stage in front of the path, and decodes it.
    decoded = event["rawPath"].removeprefix(f"/{context.get('stage', '$default')}")
    query = f"?{event['rawQueryString']}" if event.get("rawQueryString") else ""
    added = ("host", "content-length", "x-forwarded-", "x-amzn-")
    headers = {key: value for key, value in event["headers"].items() if not key.startswith(added)}
    body = event.get("body") or ""
    body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    return context["http"]["method"], urllib.parse.quote(decoded, safe="/") + query, headers, body


def send(base, method, url, headers, body):
    """The answer's status, headers and body."""
    at = urllib.parse.urlsplit(base)
    with contextlib.closing(http.client.HTTPConnection(at.hostname, at.port, timeout=120)) as connection:
        connection.request(method, url, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def ids_by_gateway(gateway):
    """Ids of every event of events/, and how many of them the gateway had not seen, as it says itself."""
    ids, new = set(), 0
    for path in files():
        _, headers, _ = send(gateway, *request(path))
        ids |= set(filter(None, headers.get("tributary-ids", "").split(",")))
        new += int(headers.get("tributary-new", 0))
    return ids, new


def wait_for(what, ready):
    for _ in range(600):
        with contextlib.suppress(OSError):
            if ready():
                return
        time.sleep(0.1)
    sys.exit(f"{what} is not there within a minute")


def report_statuses(report, step, logical, statuses):
    """A line for each function, and one for each file that is answered otherwise than its name promises."""
    wanted = {path: 401 if STRANGER.search(path.name) else 200 for path in statuses}
    for path, found in statuses.items():
        if found != wanted[path]:
            report.line(step, str(path.relative_to(ROOT)), found, wanted[path])
    for source in sorted({path.parent.name for path in statuses}):
        own = [path for path in statuses if path.parent.name == source]
        found, expected = Counter(statuses[path] for path in own), Counter(wanted[path] for path in own)
        report.line(step, f"{logical[source]}, {len(own)} of its files", dict(found), dict(expected))


def functions_of(shell, page, report, scratch, each):
    """Invokes the functions with the files of events/."""
    (command,), (many,) = page["One request"], page["Many requests"]
    logical, paths = functions(), files()
    first = {path.parent.name: path for path in reversed(paths) if not STRANGER.search(path.name)}
    alone = paths if each else sorted(first.values())
    nothing = scratch / "nothing.json"
    nothing.write_text("{}")
    began = time.monotonic()

    def one(path):
        return status(invoke(shell, command, logical[path.parent.name], path.relative_to(ROOT)))

    # By itself: it makes SAM's image.
    statuses = {alone[0]: one(alone[0])}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        # Most of a minute, so beside the others.
        swept = pool.submit(invoke, shell, command, logical[SWEEPER], nothing)
        statuses |= dict(zip(alone[1:], pool.map(one, alone[1:]), strict=True))
        report_statuses(report, "invoke", logical, statuses)
        if not each:
            port = str(free_port())
            shell.run(many.replace(LAMBDA_PORT, port))
            base, statuses = f"http://127.0.0.1:{port}", {}
            for path in paths:
                url = f"/2015-03-31/functions/{logical[path.parent.name]}/invocations"
                answer = send(base, "POST", url, {}, path.read_bytes())[2]
                try:
                    statuses[path] = status(json.loads(answer))
                except json.JSONDecodeError:
                    statuses[path] = answer.decode(errors="replace")
            report_statuses(report, "invoke", logical, statuses)
        report.line("invoke", logical[SWEEPER], swept.result(), None)
    print(f"that took {time.monotonic() - began:.0f} s", flush=True)


def check(scratch, report, options):
    page = blocks()
    shell = Shell(scratch)
    try:
        shell.run(page["With Docker" if options.docker else "With podman"][0])
        gateway_block, template_block = page["The gateway and the template"]
        shell.run(gateway_block)
        gateway = shell.variables["GATEWAY"]
        wait_for("the local gateway", lambda: send(gateway, "GET", "/_local", {}, b"")[0] == 200)
        shell.run(template_block)
        printed = ROOT / ".aws-sam/events.jsonl"

        def queued():
            return [json.loads(line)["id"] for line in printed.read_text(encoding="utf-8").splitlines()]

        functions_of(shell, page, report, scratch, options.each)
        by_functions = queued()
        ids, new = ids_by_gateway(gateway)
        report.line("queue", "events that the functions sent", sorted(by_functions) == sorted(ids), True)
        report.line("queue", "events that the gateway had not seen", new, 0)
        print(f"{len(by_functions)} events on the queue")
        report.failed += not by_functions

        api(shell, page["Over HTTP"][0], report, gateway, queued)
        report.line("again", "copies on the queue", len(queued()) - len(set(queued())), 0)
    finally:
        shell.stop()
        if not options.docker:
            subprocess.run(["bash", ROOT / "local/podman.sh", "stop"], env=shell.variables, check=False)


def api(shell, block, report, gateway, queued):
    """Requests through `sam local start-api`, which hands paths over as HTTP APIs do."""
    port = str(free_port())
    start, curl = block.replace(API_PORT, port).split("\ncurl", 1)
    shell.run(start)
    base = f"http://127.0.0.1:{port}"
    wait_for("sam local start-api", lambda: send(base, "GET", "/", {}, b"")[0] > 0)
    before = len(queued())
    said = shell.run(f"curl{curl}")
    report.line("api", "the page's curl", re.findall(r"^HTTP/1\.1 (\d+)", said, re.M), ["200"])
    report.line("api", "its event on the queue", len(queued()) - before, 1)

    def deliver(path, number, secret="local"):
        body = {"messageId": f"api-{number}", "to": "385910000141", "doneAt": "2026-11-21T09:30:02.000+0000"}
        body |= {"status": {"groupId": 3, "groupName": "DELIVERED", "id": 5}, "error": {"id": 0}}
        headers = {"content-type": "application/json", "x-tributary-secret": secret}
        return send(base, "POST", path, headers, json.dumps({"results": [body]}).encode())[0]

    before = len(queued())
    taken = ["", "/sms/DELIVERY", "/sms/a%20b", "/%3Cchannel%3E/x", "/sms/%2541"]
    for number, path in enumerate(f"/infobip{rest}" for rest in taken):
        report.line("api", f"POST {path}", deliver(path, number), 200)
    report.line("api", "their events on the queue", len(queued()) - before, len(taken))
    report.line("api", "POST /infobip/sms/a%20b of a stranger", deliver("/infobip/sms/a%20b", 0, "wrong"), 401)
    report.line("api", f"POST {KNOWN}", send(base, *request(ROOT / KNOWN))[0], 200)
    report.line("api", "POST /nobody", deliver("/nobody", 0), 403)


def podman_is_here():
    """Whether podman is there now; what was said if not is printed."""
    command = ["bash", ROOT / "local/podman.sh", "install"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout + done.stderr)
    return done.returncode == 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--each", action="store_true", help="every file by `sam local invoke`: minutes")
    arguments.add_argument("--docker", action="store_true", help="Docker, which runs, in place of podman")
    options = arguments.parse_args()
    if not options.docker and not podman_is_here():
        print("#" * 100)
        print("# NOT CHECKED: sam local. Podman cannot be installed here, see above: it needs root and Debian or Ubuntu.")
        print("#" * 100)
        return 0
    report = Report()
    with tempfile.TemporaryDirectory() as scratch:
        check(Path(scratch), report, options)
    print("passed" if report.failed == 0 else f"{report.failed} lines FAILED")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
