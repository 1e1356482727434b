"""Who may do what."""

import json
import re

from .document import POLLER, as_list, product_code, read, target

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
    "delete_message_batch": "sqs:DeleteMessage",
    # A put and a delete: the sweeper sets a chunk aside. Each asks for its own permission, which it has.
    "transact_write_items": "dynamodb:PutItem",
    "get_queue_attributes": "sqs:GetQueueAttributes",
    "get_secret_value": "secretsmanager:GetSecretValue",
}
# A claim that could be overwritten or deleted would let an event through twice.
CLAIMS_ACTIONS = {"dynamodb:PartiQLInsert", "dynamodb:BatchGetItem"}
# What stands for a function's own secret.
SECRET = "Secret"


def needs():
    """(action, logical name of the resource) of all that each kind of function needs, as `tributary doctor` reads it."""
    found = {}
    for line in read("local/src/doctor/deep/grants.txt").splitlines():
        if not line.startswith("#"):
            kind, resource, action = line.split()
            found.setdefault(kind, set()).add((action, resource))
    return found


NEEDS = needs()
# Partition of the poller's cursors: it may touch nothing else of the journal with these actions.
CURSORS = "cursor#channeltalk"


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
        if "Role" in function:
            yield f"{name}: must have the role that SAM makes for it alone"
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
        kind = "source" if name in sources else name
        secret = target(function["Variables"].get(f"TRIBUTARY_{name.upper().replace('-', '_')}_SECRET_ID"))
        needs = {(action, secret if resource == SECRET else resource) for action, resource in NEEDS.get(kind, set())}
        for action, resource in sorted(needs - grants, key=str):
            yield f"{name}: lacks {action} on {resource}"
        for action, resource in sorted(grants - needs, key=str):
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
    if made != {"ChannelTalkPollFunction", "ChannelTalkPollSecret"}:
        yield f"{POLLER}: all of it, and nothing else, must depend on its schedule, not {sorted(made)}"
    if template.parameters.get("ChannelTalkPollSchedule", {}).get("Default") != "":
        yield f"{POLLER}: must be off by default"
    secret = json.loads(template.properties("ChannelTalkPollSecret").get("SecretString", "null"))
    if secret != {"access_key": "", "access_secret": ""}:
        yield f"{POLLER}: its secret must start without a key"
    if target(function["Variables"].get("TRIBUTARY_CHANNELTALK_POLL_SECRET_ID")) != "ChannelTalkPollSecret":
        yield f"{POLLER}: TRIBUTARY_CHANNELTALK_POLL_SECRET_ID must name its secret"
