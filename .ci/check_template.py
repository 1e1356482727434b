"""Holds template.yaml to what the code relies on. Needs PyYAML, no AWS.

Usage: check_template.py [TEMPLATE]
Prints one line for each broken rule and exits 1 if there is any.
"""

import itertools
import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent

# What the code may call, by the SDK's method, and the permission each call asks for.
ACTIONS = {
    "batch_execute_statement": "dynamodb:PartiQLInsert",
    "batch_get_item": "dynamodb:BatchGetItem",
    "batch_write_item": "dynamodb:BatchWriteItem",
    "delete_item": "dynamodb:DeleteItem",
    "get_item": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "query": "dynamodb:Query",
    "update_item": "dynamodb:UpdateItem",
    "send_message_batch": "sqs:SendMessage",
    "receive_message": "sqs:ReceiveMessage",
    "delete_message": "sqs:DeleteMessage",
    "get_queue_attributes": "sqs:GetQueueAttributes",
    "get_secret_value": "secretsmanager:GetSecretValue",
}
# A claim that could be overwritten or deleted would let an event through twice.
CLAIMS_ACTIONS = {"dynamodb:PartiQLInsert", "dynamodb:BatchGetItem"}
# Read by the code, and for local use only.
LOCAL_VARIABLES = {
    "TRIBUTARY_CHANNELTALK_API_URL",
    "TRIBUTARY_ALLOW_UNAUTHENTICATED",
    "TRIBUTARY_<SOURCE>_AUTH",
    "TRIBUTARY_<SOURCE>_AUTH_FILE",
}
# Functions that no vendor calls.
SWEEPER, POLLER = "sweeper", "channeltalk-poll"
# Partition of the poller's cursors: it may touch nothing else of the journal with these actions.
CURSORS = "cursor#channeltalk"
# Read by the crates below ours.
FOREIGN_VARIABLES = {"AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH"}


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions."""


def _function(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", _function)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def product_code(*folders):
    """The Rust code of these folders up to its unit tests, without comments."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.rs")):
            if "tests" in path.relative_to(ROOT).parts or path.name == "tests.rs":
                continue
            text = path.read_text(encoding="utf-8").split("#[cfg(test)]", 1)[0]
            yield re.sub(r"^\s*//.*$", "", text, flags=re.M)


def constant(text, name):
    """A number of the Rust code. It must be there: a renamed constant is no reason to check nothing."""
    found = re.search(rf"\b{name}\b(?:: \w+ =|:) ([0-9_ *]+)[;,]", text)
    if not found:
        raise SystemExit(f"{name} is not found in the code: bring this check up to date")
    value = 1
    for factor in found[1].split("*"):
        value *= int(factor.replace("_", ""))
    return value


def as_list(value):
    return value if isinstance(value, list) else [value]


def target(value):
    """The logical name that a Ref or GetAtt leads to."""
    if isinstance(value, dict):
        if "Ref" in value:
            return value["Ref"]
        if "Fn::GetAtt" in value:
            return value["Fn::GetAtt"][0]
    return None


class Template:
    def __init__(self, text):
        document = yaml.load(text, Loader)
        self.resources = document["Resources"]
        self.globals = document["Globals"]["Function"]
        self.parameters = document.get("Parameters", {})

    def of_type(self, kind):
        return {name: each for name, each in self.resources.items() if each["Type"] == kind}

    def properties(self, name):
        return self.resources[name]["Properties"]

    def functions(self):
        """Every function with the globals merged in, by the name of its binary."""
        functions = {}
        for each in self.of_type("AWS::Serverless::Function").values():
            own = each["Properties"]
            merged = {**self.globals, **own}
            merged["Variables"] = {
                **self.globals.get("Environment", {}).get("Variables", {}),
                **own.get("Environment", {}).get("Variables", {}),
            }
            merged["Metadata"] = each.get("Metadata", {})
            functions[merged["Metadata"].get("BuildProperties", {}).get("Binary")] = merged
        return functions

    def statements(self, function):
        """The statements of a function's role, those of the stack's managed policies among them."""
        for policy in as_list(function.get("Policies", [])):
            name = target(policy)
            if name:
                policy = self.properties(name)["PolicyDocument"]
            yield from as_list(policy["Statement"])

    def grants(self, function):
        """(action, logical name of the resource) of everything a function may do."""
        for statement in self.statements(function):
            for action, resource in itertools.product(as_list(statement["Action"]), as_list(statement["Resource"])):
                yield action, target(resource)


def check_functions(template, sources):
    folders = {path.parent.parent.name for path in (ROOT / "functions").glob("*/src/main.rs")}
    functions = template.functions()
    for name in sorted(folders - set(functions), key=str):
        yield f"functions/{name} has no function"
    for name in sorted(set(functions) - folders, key=str):
        yield f"function {name} has no folder functions/{name}"
    for name, function in functions.items():
        if function["Metadata"].get("BuildMethod") != "rust-cargolambda":
            yield f"{name}: BuildMethod must be rust-cargolambda"
        if function.get("CodeUri") != f"functions/{name}":
            yield f"{name}: CodeUri must be functions/{name}"
        if (function.get("Runtime"), function.get("Handler")) != ("provided.al2023", "bootstrap"):
            yield f"{name}: Runtime and Handler must be provided.al2023 and bootstrap"
        logging = function.get("LoggingConfig", {})
        if logging.get("LogFormat") != "JSON" or logging.get("ApplicationLogLevel") not in ("INFO", "WARN", "ERROR"):
            yield f"{name}: logs must be JSON at INFO, WARN or ERROR; finer levels write whole requests"
        if name in sources:
            routes = {
                (event["Properties"].get("Method"), event["Properties"].get("Path"))
                for event in function.get("Events", {}).values()
                if event["Type"] == "HttpApi"
            }
            if routes != {("POST", f"/{name}"), ("POST", f"/{name}/{{proxy+}}")}:
                yield f"{name}: its routes must be POST /{name} and POST /{name}/{{proxy+}}"


def check_times(template, sources):
    settings = read("shared/pipeline/src/settings.rs")
    timeout_ms = constant(settings, "FUNCTION_TIMEOUT_MS")
    lease_ms = constant(settings, "LEASE_MS")
    functions = template.functions()
    for name in sources:
        timeout = functions.get(name, {}).get("Timeout", 0)
        if timeout * 1000 != timeout_ms:
            yield f"{name}: Timeout is {timeout} s, the code's FUNCTION_TIMEOUT_MS is {timeout_ms}"
        if timeout * 1000 >= lease_ms:
            yield f"{name}: Timeout {timeout} s must be shorter than the lease, {lease_ms} ms"
    sweeper = functions.get(SWEEPER, {})
    events = sweeper.get("Events", {}).values()
    schedules = [event["Properties"].get("Schedule") for event in events if event["Type"] == "Schedule"]
    if schedules != ["rate(1 minute)"]:
        yield f"sweeper: its schedule must be rate(1 minute), not {schedules}"
    # Passes until the next run begins: with less, a chunk waits longer than the protocol's D.
    delay_ms = constant(settings, "SWEEP_DELAY_MS")
    if sweeper.get("Timeout") != 60 or delay_ms < 60_000:
        yield f"sweeper: Timeout must be 60 s, so that its passes fill the minute (SWEEP_DELAY_MS is {delay_ms})"


def check_tables(template):
    code = read("local/stack/src/provision.rs")
    names = {"journal": "JournalTable", "claims": "ClaimsTable"}
    made = re.findall(r"table\(client, &options\.(\w+)_table, &\[(.*?)\]\)", code)
    if {name for name, _ in made} != set(names):
        raise SystemExit("provision.rs makes other tables than this check knows")
    types = {"text": "S", "text.clone()": "S", "ScalarAttributeType::B": "B", "ScalarAttributeType::S": "S"}
    for name, keys in made:
        expected = [(key, types[kind]) for key, kind in re.findall(r'\("(\w+)", ([\w:.()]+?)\)(?:,|$)', keys)]
        table = template.properties(names[name])
        kinds = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        ranks = {"HASH": 0, "RANGE": 1}
        schema = sorted(table["KeySchema"], key=lambda key: ranks[key["KeyType"]])
        found = [(key["AttributeName"], kinds.get(key["AttributeName"])) for key in schema]
        if found != expected or not expected:
            yield f"{name}: key is {found}, provision.rs makes {expected}"
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            yield f"{name}: BillingMode must be PAY_PER_REQUEST"
        if template.resources[names[name]].get("DeletionPolicy") not in ("Retain", "RetainExceptOnCreate"):
            yield f"{name}: must not be deleted with the stack"
    expiry = re.search(r'const EXPIRY: &str = "(\w+)"', code)[1]
    if template.properties("ClaimsTable").get("TimeToLiveSpecification") != {"AttributeName": expiry, "Enabled": True}:
        yield f"claims: TTL must be enabled on {expiry}"
    if "TimeToLiveSpecification" in template.properties("JournalTable"):
        yield "journal: must have no TTL, what is unsent would expire"


def check_queues(template):
    code = read("local/stack/src/provision.rs")
    largest = constant(read("shared/pipeline/src/settings.rs"), "max_message_bytes")
    receives = constant(code, "MAX_RECEIVES")
    fifo = {"FifoQueue": True, "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    for name in ("EventsQueue", "DeadLetterQueue"):
        queue = template.properties(name)
        for attribute, value in fifo.items():
            if queue.get(attribute) != {"Fn::If": ["IsFifo", value, {"Ref": "AWS::NoValue"}]}:
                yield f"{name}: {attribute} must be {value} where IsFifo"
        # The code tells a FIFO queue by its URL.
        condition, *names = queue["QueueName"].get("Fn::If", [None])
        if condition != "IsFifo" or [name["Fn::Sub"].endswith(".fifo") for name in names] != [True, False]:
            yield f"{name}: its name must end in .fifo where IsFifo and only there"
    redrive = template.properties("EventsQueue").get("RedrivePolicy", {})
    if target(redrive.get("deadLetterTargetArn")) != "DeadLetterQueue" or redrive.get("maxReceiveCount") != receives:
        yield f"EventsQueue: must hand to DeadLetterQueue after {receives} receives, as provision.rs does"
    for name, each in template.of_type("AWS::SQS::Queue").items():
        queue = each["Properties"]
        if queue.get("MaximumMessageSize") != largest:
            yield f"{name}: MaximumMessageSize must be {largest}, as settings.rs says"
        if queue.get("SqsManagedSseEnabled") is not True:
            yield f"{name}: must be encrypted"
        if name != "EventsQueue" and queue.get("MessageRetentionPeriod") != 1209600:
            yield f"{name}: what lies there waits for a person, keep it for 14 days"
    if "FifoQueue" in template.properties("SpillQueue"):
        yield "SpillQueue: must be a standard queue"


def check_variables(template, sources):
    literal = re.compile(r'"(TRIBUTARY_[A-Z_]+)"')
    code = "\n".join(product_code("shared", "functions"))
    read_by_code = set(literal.findall(code))
    # secrets.rs makes the rest of the name out of the source's.
    if re.search(r'format!\("TRIBUTARY_\{\}_\{name\}"', code):
        read_by_code |= {f"TRIBUTARY_<SOURCE>_{name}" for name in re.findall(r'\bvariable\("([A-Z_]+)"\)', code)}
    else:
        raise SystemExit("the variables of a source's secret are not found in the code: bring this check up to date")
    set_by_template = set()
    for name, function in template.functions().items():
        for variable in function["Variables"]:
            own = f"TRIBUTARY_{str(name).upper()}_"
            set_by_template.add(f"TRIBUTARY_<SOURCE>_{variable[len(own):]}" if variable.startswith(own) else variable)
    # A source's settings may be set or not.
    settings = {f"TRIBUTARY_<SOURCE>_{name.upper()}" for name in re.findall(r'\bsettings\s*\.get\("(\w+)"\)', code)}
    for variable in sorted(set_by_template - read_by_code - settings - FOREIGN_VARIABLES):
        yield f"{variable} is set but no code reads it"
    for variable in sorted(read_by_code - set_by_template - LOCAL_VARIABLES):
        yield f"{variable} is read by the code but no function has it"
    for variable in sorted(set_by_template & LOCAL_VARIABLES):
        yield f"{variable} is for local use only"
    for name in sources:
        function = template.functions().get(name, {"Variables": {}})
        secret = target(function["Variables"].get(f"TRIBUTARY_{name.upper()}_SECRET_ID"))
        if secret not in template.of_type("AWS::SecretsManager::Secret"):
            yield f"{name}: TRIBUTARY_{name.upper()}_SECRET_ID must name a secret of the stack"
        elif json.loads(template.properties(secret).get("SecretString", "null")) != {"rules": []}:
            yield f"{name}: its secret must start without a rule, and so let nobody in"


def check_permissions(template, sources):
    calls = re.compile(r"\bclient\s*\.\s*([a-z_]+)\(\)")
    called = set()
    for text in product_code("shared/pipeline/src/aws", "shared/gateway/src", f"functions/{POLLER}/src"):
        called |= set(calls.findall(text))
    called -= {"clone"}
    for call in sorted(called - set(ACTIONS)):
        yield f"the code calls {call}, of which this check does not know the permission"
    needed = {ACTIONS[call] for call in called if call in ACTIONS}
    granted = set()
    for name, function in template.functions().items():
        grants = set(template.grants(function))
        granted |= {action for action, _ in grants}
        for action, resource in sorted(grants, key=str):
            if "*" in action or resource not in template.resources:
                yield f"{name}: {action} must be one action on a resource of this stack"
            if resource == "ClaimsTable" and action not in CLAIMS_ACTIONS:
                yield f"{name}: {action} on claims, which are inserted and never changed"
        for statement in template.statements(function):
            if statement.get("Effect") != "Allow" or not {"Action", "Resource"} <= set(statement):
                yield f"{name}: a statement must allow actions on resources"
        both = {(action, "ClaimsTable") for action in CLAIMS_ACTIONS}
        both |= {(f"dynamodb:{action}", "JournalTable") for action in ("BatchWriteItem", "UpdateItem", "DeleteItem")}
        both |= {("sqs:SendMessage", "EventsQueue"), ("sqs:GetQueueAttributes", "EventsQueue")}
        if name in sources:
            secret = target(function["Variables"].get(f"TRIBUTARY_{name.upper()}_SECRET_ID"))
            own = {("sqs:SendMessage", "QuarantineQueue"), ("sqs:SendMessage", "SpillQueue")}
            own |= {("secretsmanager:GetSecretValue", secret)}
        elif name == POLLER:
            own = {("sqs:SendMessage", "QuarantineQueue"), ("sqs:SendMessage", "SpillQueue")}
            own |= {("secretsmanager:GetSecretValue", "ChannelTalkPollSecret")}
            own |= {("dynamodb:GetItem", "JournalTable"), ("dynamodb:PutItem", "JournalTable")}
        else:
            own = {("dynamodb:Query", "JournalTable"), ("dynamodb:PutItem", "JournalTable")}
            own |= {("sqs:ReceiveMessage", "SpillQueue"), ("sqs:DeleteMessage", "SpillQueue")}
        for action, resource in sorted((both | own) - grants, key=str):
            yield f"{name}: lacks {action} on {resource}"
        for action, resource in sorted(grants - both - own, key=str):
            yield f"{name}: has {action} on {resource} and does not need it"
    for action in sorted(needed - granted):
        yield f"the code needs {action}, which no function has"
    for action in sorted(granted - needed):
        yield f"{action} is granted, and no code calls it"


def check_poller(template):
    function = template.functions()[POLLER]
    if f'const PARTITION: &str = "{CURSORS}"' not in read(f"functions/{POLLER}/src/store.rs"):
        raise SystemExit("the partition of the cursors is not found in store.rs: bring this check up to date")
    only_cursors = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [CURSORS]}}
    for statement in template.statements(function):
        actions = set(as_list(statement["Action"]))
        if actions & {"dynamodb:GetItem", "dynamodb:PutItem"} and statement.get("Condition") != only_cursors:
            yield f"{POLLER}: {sorted(actions)} must be for the partition {CURSORS} only"
    made = {name for name, each in template.resources.items() if each.get("Condition") == "HasChannelTalkPoll"}
    if made != {"ChannelTalkPollFunction", "ChannelTalkPollSecret", "ChannelTalkPollFailedAlarm"}:
        yield f"{POLLER}: all of it, and nothing else, must depend on its schedule, not {sorted(made)}"
    if template.parameters.get("ChannelTalkPollSchedule", {}).get("Default") != "":
        yield f"{POLLER}: must be off by default"
    secret = json.loads(template.properties("ChannelTalkPollSecret").get("SecretString", "null"))
    if secret != {"access_key": "", "access_secret": ""}:
        yield f"{POLLER}: its secret must start without a key"
    if target(function["Variables"].get("TRIBUTARY_CHANNELTALK_POLL_SECRET_ID")) != "ChannelTalkPollSecret":
        yield f"{POLLER}: TRIBUTARY_CHANNELTALK_POLL_SECRET_ID must name its secret"


def check_alarms(template):
    code = "\n".join(product_code("shared/gateway/src"))
    namespace = re.search(r'const NAMESPACE: &str = "(\w+)"', code)[1]
    metrics = set(re.findall(r'\("(\w+)", "(?:Count|Milliseconds)"', code))
    outcomes = set(re.findall(r'Self::\w+ => "(\w+)"', code))
    dimensions = {"Source", "Outcome"}
    if not all(f'("{name}", ' in code for name in dimensions) or not metrics or not outcomes:
        raise SystemExit("the metrics are not found in metrics.rs: bring this check up to date")
    asked = set()
    for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        for query in alarm["Properties"].get("Metrics", []):
            text = query["Expression"]
            form = re.match(r'SELECT (?:SUM|MAX)\((\w+)\) FROM SCHEMA\("(\w+)", (\w+), (\w+)\)', text)
            if not form or form[2] != namespace or set(form.groups()[2:]) != dimensions:
                yield f"{name}: must ask the namespace {namespace} by {sorted(dimensions)}"
                continue
            asked.add(form[1])
            if form[1] not in metrics:
                yield f"{name}: no code writes the metric {form[1]}"
            for outcome in re.findall(r"Outcome = '(\w+)'", text):
                if outcome not in outcomes:
                    yield f"{name}: no code writes the outcome {outcome}"
    for metric in sorted({"Buried", "OldestChunk"} - asked):
        yield f"no alarm watches {metric}"
    watched = {
        target(dimension["Value"])
        for alarm in template.of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", [])
    }
    for name in ("DeadLetterQueue", "QuarantineQueue", "SweeperFunction", "ChannelTalkPollFunction"):
        if name not in watched:
            yield f"no alarm watches {name}"


def broken_rules(text):
    template = Template(text)
    sources = sorted(
        name
        for name in template.functions()
        if name not in (SWEEPER, POLLER) and (ROOT / "functions" / str(name)).is_dir()
    )
    for check in (check_functions, check_times, check_variables, check_permissions):
        yield from check(template, sources)
    for check in (check_poller, check_tables, check_queues, check_alarms):
        yield from check(template)


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "template.yaml"
    broken = list(broken_rules(path.read_text(encoding="utf-8")))
    for rule in broken:
        print(f"{path.name}: {rule}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
