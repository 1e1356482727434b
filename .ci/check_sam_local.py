#!/usr/bin/env python3
"""docs/local.md, "sam local", done: the built functions in containers, behind the runtime emulator that SAM brings.

Runs the commands of the page as they stand there: podman in place of Docker, the local gateway on podman's network, the
template with the variables declared. Then

  invoke   every file of events/ by the page's `sam local invoke`, its function and file put in: 401 where the sender is a
           stranger, else 200
  queue    the events that the same requests give when the local gateway reads them itself, and no other
  api      requests through `sam local start-api`, paths that arrive decoded among them, and a route that is none
  again    nothing of that is new to the gateway once more: each event was on the queue once

Needs `sam build` to have been run, target/debug/tributary, SAM CLI in the PATH, and root for podman, which it installs on
Debian and Ubuntu. Where podman cannot be installed it says so and exits with 0. The image is a stand-in
(local/podman.sh), for a registry may be out of reach.
"""

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
EXAMPLE_FUNCTION, EXAMPLE_FILE, EXAMPLE_PORT = "InfobipFunction", "events/infobip/sms-inbound.json", "3001"
# Seconds of the longest command, which makes SAM's image.
PATIENCE = 300
# One waits for its container while another computes.
AT_ONCE = 3


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
            for how in (signal.SIGINT, signal.SIGKILL):
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
    """The status that `sam local invoke` prints for a file."""
    command = command.replace(EXAMPLE_FUNCTION, logical).replace(EXAMPLE_FILE, str(path.relative_to(ROOT)))
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
        return json.loads(lines[-1])["statusCode"]
    except (IndexError, KeyError, TypeError, json.JSONDecodeError):
        return f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


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
    """The answer's status and headers."""
    at = urllib.parse.urlsplit(base)
    with contextlib.closing(http.client.HTTPConnection(at.hostname, at.port, timeout=120)) as connection:
        connection.request(method, url, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers


def ids_by_gateway(gateway):
    """Ids of every event of events/, and how many of them the gateway had not seen, as it says itself."""
    ids, new = set(), 0
    for path in files():
        _, headers = send(gateway, *request(path))
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


def check(scratch, report):
    page = blocks()
    shell = Shell(scratch)
    try:
        shell.run(page["With podman"][0])
        gateway_block, template_block = page["The gateway and the template"]
        shell.run(gateway_block)
        gateway = shell.variables["GATEWAY"]
        wait_for("the local gateway", lambda: send(gateway, "GET", "/_local", {}, b"")[0] == 200)
        shell.run(template_block)
        printed = ROOT / ".aws-sam/events.jsonl"

        def queued():
            return [json.loads(line)["id"] for line in printed.read_text(encoding="utf-8").splitlines()]

        (command,) = page["One request"]
        logical = functions()
        began = time.monotonic()
        # The first alone: it makes SAM's image.
        paths = files()
        statuses = {paths[0]: invoke(shell, command, logical[paths[0].parent.name], paths[0])}
        print(f"the first took {time.monotonic() - began:.1f} s", flush=True)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            rest = paths[1:]
            answers = pool.map(lambda path: invoke(shell, command, logical[path.parent.name], path), rest)
            statuses |= dict(zip(rest, answers, strict=True))
        for path, status in statuses.items():
            expected = 401 if STRANGER.search(path.name) else 200
            if status != expected:
                report.line("invoke", str(path.relative_to(ROOT)), status, expected)
        for source in sorted({path.parent.name for path in paths}):
            own = {path: status for path, status in statuses.items() if path.parent.name == source}
            wanted = Counter(401 if STRANGER.search(path.name) else 200 for path in own)
            report.line("invoke", f"{logical[source]}, {len(own)} files", dict(Counter(own.values())), dict(wanted))
        print(f"{len(paths)} files took {time.monotonic() - began:.0f} s")
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
        subprocess.run(["bash", ROOT / "local/podman.sh", "stop"], env=shell.variables, check=False)


def api(shell, block, report, gateway, queued):
    """Requests through `sam local start-api`, which hands paths over as HTTP APIs do."""
    port = str(free_port())
    start, curl = block.replace(EXAMPLE_PORT, port).split("\ncurl", 1)
    shell.run(start)
    base = f"http://127.0.0.1:{port}"
    wait_for("sam local start-api", lambda: send(base, "GET", "/", {}, b"")[0] > 0)
    before = len(queued())
    said = shell.run(f"curl{curl}")
    report.line("api", "the page's curl", said.split("\r\n", 1)[0].split(" ")[-2:][0], "200")
    report.line("api", "its event on the queue", len(queued()) - before, 1)

    def deliver(path, number, secret="local"):
        body = {"messageId": f"api-{number}", "to": "385910000141", "doneAt": "2026-11-21T09:30:02.000+0000"}
        body |= {"status": {"groupId": 3, "groupName": "DELIVERED", "id": 5}, "error": {"id": 0}}
        headers = {"content-type": "application/json", "x-tributary-secret": secret}
        return send(base, "POST", path, headers, json.dumps({"results": [body]}).encode())[0]

    before = len(queued())
    taken = ["/infobip", "/infobip/sms/DELIVERY", "/infobip/sms/a%20b", "/infobip/%3Cchannel%3E/x", "/infobip/sms/%2541"]
    for number, path in enumerate(taken):
        report.line("api", f"POST {path}", deliver(path, number), 200)
    report.line("api", "their events on the queue", len(queued()) - before, len(taken))
    report.line("api", "POST /infobip/sms/a%20b of a stranger", deliver("/infobip/sms/a%20b", 0, "wrong"), 401)
    report.line("api", "POST /karte, a file of events/", send(base, *request(ROOT / "events/karte" / KARTE))[0], 200)
    report.line("api", "POST /nobody", deliver("/nobody", 0), 403)


# Of KARTE, sent once more over HTTP: a duplicate by then.
KARTE = "hook-v2-single-action.json"


def main():
    installed = subprocess.run(["bash", ROOT / "local/podman.sh", "install"], capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        print(installed.stdout + installed.stderr)
        print("#" * 100)
        print("# NOT CHECKED: sam local. Podman cannot be installed here, see above: it needs root and Debian or Ubuntu.")
        print("#" * 100)
        return 0
    report = Report()
    with tempfile.TemporaryDirectory() as scratch:
        check(Path(scratch), report)
    print("passed" if report.failed == 0 else f"{report.failed} lines FAILED")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
