"""Tables and queues."""

import re

from .document import constant, read, target


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
        resource = template.resources[names[name]]
        if (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) != ("Retain", "Retain"):
            yield f"{name}: must not be deleted with the stack"
        if table.get("DeletionProtectionEnabled") is not True:
            yield f"{name}: must be protected from deletion"
    expiry = re.search(r'const EXPIRY: &str = "(\w+)"', code)[1]
    if template.properties("ClaimsTable").get("TimeToLiveSpecification") != {"AttributeName": expiry, "Enabled": True}:
        yield f"claims: TTL must be enabled on {expiry}"
    if "TimeToLiveSpecification" in template.properties("JournalTable"):
        yield "journal: must have no TTL, what is unsent would expire"
    recovery = {"PointInTimeRecoveryEnabled": True}
    if template.properties("ClaimsTable").get("PointInTimeRecoverySpecification") != recovery:
        yield "claims: must have point-in-time recovery"
    if "PointInTimeRecoverySpecification" in template.properties("JournalTable"):
        yield "journal: must have no point-in-time recovery, it would keep people's data for weeks"


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
