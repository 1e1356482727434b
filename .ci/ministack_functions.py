"""Runs the functions' release binaries behind ministack's HTTP API, as template.yaml puts them together.

Run it with the Python of a virtual environment that holds ministack; it needs nothing else. Tables, queues, secrets,
functions with their variables, and routes are made from the template, once with a FIFO queue and once with a standard
one: FIFO would hide a copy that the claims let through. Then, for each:

  empty    with the secret as the template makes it, every source answers 503
  held     while the queue is missing a request is answered 200, and its chunk waits in the journal
  first    every file of events/: 200, or 401 where the sender is a stranger
  again    all of them once more: the same answers, and no event more on the queue
  swept    once its lease has run out the sweeper brings the held chunk to the queue; then the journal is empty, and
           each claimed event has been on the queue once
  poll     the poller of Channel Talk, without a key, ends in peace

Prints a table and exits 1 if anything differs. What only AWS can show, access rights and throttling, is not shown.
"""

import argparse
import base64
import contextlib
import http.client
import io
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import zipfile
from collections import Counter
from pathlib import Path

import botocore.session
from free_port import free_port
from template_rules.document import POLLER, ROOT, SWEEPER, Template, constant, read, read_all, resolve

REGION = "us-east-1"
ROLE = "arn:aws:iam::000000000000:role/tributary"
# Files whose sender does not know the secret.
STRANGER = re.compile(r"wrong|bad-")
# One pass and no second: the sweeper's own 60 s would be spent in pauses.
SWEEPER_SECONDS = 25


class Ministack:
    """The process, and clients of its services."""

    def __init__(self, log):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(log, "wb") if log else subprocess.DEVNULL
        settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self.port), "LAMBDA_EXECUTOR": "local"}
        program = Path(sys.executable).parent / "ministack"
        self.process = subprocess.Popen([program], env={**os.environ, **settings}, stdout=self.log, stderr=self.log)
        self.session = botocore.session.get_session()

    def wait(self):
        for _ in range(240):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if self.request("GET", "/_ministack/health")[0] == 200:
                    return
            time.sleep(0.25)
        raise SystemExit("ministack does not start; --keep-log tells more")

    def client(self, service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return self.session.create_client(service, region_name=REGION, endpoint_url=self.url, **keys)

    def request(self, method, path, headers=None, body=b""):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Stack:
    """What template.yaml makes, made by single calls: ministack's CloudFormation leaves the routes out."""

    def __init__(self, ministack, template, name, fifo, binaries):
        self.ministack, self.template, self.name, self.fifo = ministack, template, name, fifo
        self.names = {"AWS::StackName": name, "AWS::Region": REGION, "AWS::NoValue": None}
        self.names |= {parameter: each.get("Default") for parameter, each in template.parameters.items()}
        self.dynamodb, self.sqs = ministack.client("dynamodb"), ministack.client("sqs")
        self.secrets, self.functions = ministack.client("secretsmanager"), ministack.client("lambda")
        for table in template.of_type("AWS::DynamoDB::Table"):
            self.make_table(table)
        # A queue that another one hands to is first.
        queues = template.of_type("AWS::SQS::Queue")
        for queue in sorted(queues, key=lambda each: "RedrivePolicy" in queues[each]["Properties"]):
            self.make_queue(queue)
        for secret in template.of_type("AWS::SecretsManager::Secret"):
            properties = self.filled(template.properties(secret))
            self.secrets.create_secret(Name=properties["Name"], SecretString=properties["SecretString"])
            self.names[secret] = properties["Name"]
        self.make_functions(binaries)

    def filled(self, value):
        return resolve(value, self.names, self.fifo)

    def make_table(self, logical):
        properties = self.template.properties(logical)
        name = f"{self.name}-{logical}"
        wanted = {key: properties[key] for key in ("AttributeDefinitions", "KeySchema", "BillingMode")}
        self.dynamodb.create_table(TableName=name, **wanted)
        if "TimeToLiveSpecification" in properties:
            expiry = properties["TimeToLiveSpecification"]
            self.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
        self.names[logical] = name

    def make_queue(self, logical):
        properties = self.filled(self.template.properties(logical))
        name = properties.pop("QueueName")
        redrive = properties.pop("RedrivePolicy", None)
        given = {key: value for key, value in properties.items() if value is not None}
        attributes = {key: "true" if value is True else str(value) for key, value in given.items()}
        if redrive:
            letters = self.template.properties(logical)["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            arn = f"arn:aws:sqs:{REGION}:000000000000:{self.names[letters].rsplit('/', 1)[-1]}"
            attributes["RedrivePolicy"] = json.dumps({**redrive, "deadLetterTargetArn": arn})
        self.names[logical] = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def make_functions(self, binaries):
        gateway = self.ministack.client("apigatewayv2")
        self.api = gateway.create_api(Name=self.name, ProtocolType="HTTP")["ApiId"]
        gateway.create_stage(ApiId=self.api, StageName="$default", AutoDeploy=True)
        self.made, self.variables = {}, {}
        for binary, function in self.template.functions().items():
            variables = {key: str(value) for key, value in self.filled(function["Variables"]).items()}
            variables["AWS_ENDPOINT_URL"] = self.ministack.url
            name = self.filled(function["FunctionName"])
            wanted = {key: self.filled(function[key]) for key in ("Runtime", "Handler", "MemorySize", "Timeout")}
            if binary == SWEEPER:
                wanted["Timeout"] = SWEEPER_SECONDS
            wanted |= {"Code": {"ZipFile": binaries[binary]}, "Environment": {"Variables": variables}}
            made = self.functions.create_function(FunctionName=name, Role=ROLE, **wanted)
            self.made[binary], self.variables[binary] = name, variables
            for event in function.get("Events", {}).values():
                if event["Type"] == "HttpApi":
                    self.make_route(gateway, f"{event['Properties']['Method']} {event['Properties']['Path']}", made)

    def make_route(self, gateway, key, function):
        proxy = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
        made = gateway.create_integration(ApiId=self.api, IntegrationUri=function["FunctionArn"], **proxy)
        gateway.create_route(ApiId=self.api, RouteKey=key, Target=f"integrations/{made['IntegrationId']}")

    def post(self, path):
        """Sends a file of events/ as its sender would, and gives the status."""
        event = json.loads(path.read_text(encoding="utf-8"))
        added = ("host", "content-length", "x-forwarded-", "x-amzn-")
        headers = {key: value for key, value in event["headers"].items() if not key.startswith(added)}
        body = event.get("body") or ""
        body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        query = f"?{event['rawQueryString']}" if event.get("rawQueryString") else ""
        # API Gateway puts the stage in front of the path, and decodes it.
        path = urllib.parse.quote(event["rawPath"].removeprefix(f"/{event['requestContext']['stage']}"), safe="/")
        url = f"/_aws/execute-api/{self.api}/$default{path}{query}"
        return self.ministack.request(event["requestContext"]["http"]["method"], url, headers, body)[0]

    def invoke(self, binary):
        """Invokes a function that the clock starts; gives what went wrong, or nothing."""
        answer = self.functions.invoke(FunctionName=self.made[binary], Payload=b"{}")
        return answer["Payload"].read().decode() if answer.get("FunctionError") else None

    def queue_url(self, binary, url):
        variables = {**self.variables[binary], "TRIBUTARY_QUEUE_URL": url}
        environment = {"Variables": variables}
        self.functions.update_function_configuration(FunctionName=self.made[binary], Environment=environment)

    def count(self, table):
        return self.dynamodb.scan(TableName=self.names[table], Select="COUNT", ConsistentRead=True)["Count"]

    def take(self, queue):
        """Receives and deletes what lies on a queue."""
        bodies = []
        while True:
            got = self.sqs.receive_message(QueueUrl=self.names[queue], MaxNumberOfMessages=10, WaitTimeSeconds=1)
            if not got.get("Messages"):
                return bodies
            for message in got["Messages"]:
                bodies.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.names[queue], ReceiptHandle=message["ReceiptHandle"])


class Report:
    failed = 0

    def line(self, stack, step, what, found, expected):
        good = found == expected
        self.failed += not good
        said = found if good else f"{found}, not {expected}"
        print(f"{stack:<9} {step:<6} {what:<46} {said!s:<28} {'ok' if good else 'FAILED'}", flush=True)


def post_as_told(stack, path, step, say):
    """Posts a file and gives the status; says so if it is not the one that the file's name promises."""
    expected = 401 if STRANGER.search(path.name) else 200
    status = stack.post(path)
    if status != expected:
        say(step, str(path.relative_to(ROOT)), status, expected)
    return status


def run(stack, kind, files, report):
    sources = stack.template.sources()
    say = lambda step, what, found, expected: report.line(kind, step, what, found, expected)  # noqa: E731
    known = {source: [path for path in files[source] if not STRANGER.search(path.name)] for source in sources}

    for source in sources:
        say("empty", f"POST /{source}", stack.post(known[source][0]), 503)
    rules = json.loads((ROOT / "local/dev-auth.json").read_text(encoding="utf-8"))
    for source in sources:
        name = stack.variables[source][f"TRIBUTARY_{source.upper()}_SECRET_ID"]
        stack.secrets.put_secret_value(SecretId=name, SecretString=json.dumps(rules[source]))
    # A function without rules reads again two seconds after it found none.
    time.sleep(2.5)

    lease_s = constant(read("shared/pipeline/src/settings.rs"), "LEASE_MS") / 1000
    first, file = sources[0], known[sources[0]][0]
    stack.queue_url(first, stack.names["EventsQueue"].replace("events", "missing"))
    say("held", str(file.relative_to(ROOT)), stack.post(file), 200)
    free_at = time.monotonic() + lease_s + 1
    say("held", "chunks in the journal", stack.count("JournalTable"), 1)
    stack.queue_url(first, stack.names["EventsQueue"])

    events = []
    for step in ("first", "again"):
        for source in sources:
            answers = Counter(post_as_told(stack, path, step, say) for path in files[source])
            strangers = len(files[source]) - len(known[source])
            say(step, f"POST /{source}", dict(answers), {200: len(known[source]), 401: strangers})
        more = stack.take("EventsQueue")
        say(step, "events on the queue", len(more), len(more) or "some" if step == "first" else 0)
        say(step, "chunks in the journal", stack.count("JournalTable"), 1)
        events += more

    time.sleep(max(0, free_at - time.monotonic()))
    say("swept", "error of the sweeper", stack.invoke(SWEEPER), None)
    say("swept", "chunks in the journal", stack.count("JournalTable"), 0)
    more = stack.take("EventsQueue")
    say("swept", "its events on the queue", {each["source"].split("/")[1] for each in more}, {first})
    events += more
    ids = len({each["id"] for each in events})
    say("swept", "events, different ids, claims", (len(events), ids, stack.count("ClaimsTable")), (len(events),) * 3)
    for source in sources:
        number = sum(each["source"].split("/")[1] == source for each in events)
        print(f"{kind:<9} {'':<6} {f'events of /{source}':<46} {number}")
        report.failed += number == 0
    print(f"{kind:<9} {'':<6} {'parts in quarantine':<46} {len(stack.take('QuarantineQueue'))}")
    say("poll", "error of the poller", stack.invoke(POLLER), None)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--binaries", type=Path, default=ROOT / "target/release", help="folder of the binaries, or .aws-sam/build"
    )
    arguments.add_argument("--keep-log", help="file for ministack's log")
    options = arguments.parse_args()
    template = Template(read_all())
    binaries = {}
    for binary, function in template.functions().items():
        built = options.binaries / function["LogicalId"] / "bootstrap"
        built = built if built.is_file() else options.binaries / binary
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, built.read_bytes(), zipfile.ZIP_DEFLATED)
        binaries[binary] = memory.getvalue()
        print(f"{binary:<17} {len(binaries[binary]):>9} bytes zipped")
    files = {source: sorted((ROOT / "events" / source).glob("*.json")) for source in template.sources()}
    report = Report()
    ministack = Ministack(options.keep_log)
    try:
        ministack.wait()
        for kind, fifo in (("fifo", True), ("standard", False)):
            run(Stack(ministack, template, f"tributary-{kind}", fifo, binaries), kind, files, report)
    finally:
        ministack.stop()
    print("passed" if report.failed == 0 else f"{report.failed} lines FAILED")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
