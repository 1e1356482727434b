"""Breaks template.yaml in one place after the other, and sees check_template.py name each break."""

import sys

from check_template import ROOT, broken_rules

KARTE_SECRET_ACTION = "Action: secretsmanager:GetSecretValue, Resource: !Ref KarteSecret }"
CLAIMS_KEY = "{ AttributeName: pk, AttributeType: B }"

# What stands in the template, what it becomes, and what must be said about it.
BREAKS = [
    ("Timeout: 20", "Timeout: 30", "karte: Timeout 30 s must be shorter than the lease"),
    ("Timeout: 20", "Timeout: 19", "infobip: Timeout is 19 s, the code's FUNCTION_TIMEOUT_MS"),
    ("Timeout: 60\n", "Timeout: 20\n", "sweeper: Timeout must be 60 s"),
    ("rate(1 minute)", "rate(2 minutes)", "sweeper: its schedule must be"),
    ("AttributeName: x, Enabled: true", "AttributeName: ttl, Enabled: true", "claims: TTL must be enabled on x"),
    (CLAIMS_KEY, CLAIMS_KEY.replace("B }", "S }"), "claims: key is [('pk', 'S')]"),
    ("AttributeName: sk, KeyType: RANGE", "AttributeName: pk, KeyType: RANGE", "journal: key is"),
    ("DeletionPolicy: RetainExceptOnCreate", "DeletionPolicy: Delete", "journal: must not be deleted with the stack"),
    ("BuildProperties: { Binary: sweeper }", "BuildProperties: { Binary: swept }", "functions/sweeper has no function"),
    ("BuildProperties: { Binary: sweeper }", "BuildProperties: { Binary: swept }", "function swept has no folder"),
    ("CodeUri: functions/karte", "CodeUri: .", "karte: CodeUri must be"),
    ("BuildMethod: rust-cargolambda", "BuildMethod: makefile", "karte: BuildMethod must be"),
    ("Runtime: provided.al2023", "Runtime: provided.al2", "karte: Runtime and Handler"),
    ('Path: "/karte/{proxy+}"', 'Path: "/karte/x"', "karte: its routes must be"),
    ("Method: POST, Path: /infobip ", "Method: ANY, Path: /infobip ", "infobip: its routes must be"),
    ("ApplicationLogLevel: INFO", "ApplicationLogLevel: TRACE", "karte: logs must be JSON"),
    ("ApplicationLogLevel: INFO", "ApplicationLogLevel: DEBUG", "sweeper: logs must be JSON"),
    ("LogFormat: JSON", "LogFormat: Text", "karte: logs must be JSON"),
    ("dynamodb:PartiQLInsert,", "dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate,", "karte: dynamodb:PartiQLUpdate on claims"),
    ("dynamodb:PartiQLInsert,", "dynamodb:PartiQLInsert, dynamodb:PartiQLDelete,", "sweeper: dynamodb:PartiQLDelete on claims"),
    ("dynamodb:PartiQLInsert,", "dynamodb:PartiQLInsert, dynamodb:UpdateItem,", "karte: dynamodb:UpdateItem on claims"),
    ("dynamodb:PartiQLInsert,", "dynamodb:PartiQLInsert, dynamodb:PutItem,", "karte: dynamodb:PutItem on claims"),
    ("dynamodb:PartiQLInsert, ", "", "the code needs dynamodb:PartiQLInsert, which no function has"),
    ("dynamodb:PartiQLInsert,", "dynamodb:*,", "karte: dynamodb:* must be one action"),
    (KARTE_SECRET_ACTION, KARTE_SECRET_ACTION.replace("!Ref KarteSecret", '"*"'), "karte: lacks secretsmanager:GetSecretValue"),
    (KARTE_SECRET_ACTION, KARTE_SECRET_ACTION.replace("KarteSecret", "InfobipSecret"), "karte: has secretsmanager:GetSecretValue on InfobipSecret"),
    ("[sqs:ReceiveMessage, sqs:DeleteMessage]", "[sqs:ReceiveMessage]", "sweeper: lacks sqs:DeleteMessage on SpillQueue"),
    ("[dynamodb:Query, dynamodb:PutItem]", "[dynamodb:Query, dynamodb:PutItem, dynamodb:Scan]", "dynamodb:Scan is granted, and no code calls it"),
    ("TRIBUTARY_SPILL_URL:", "TRIBUTARY_OVERFLOW_URL:", "TRIBUTARY_OVERFLOW_URL is set but no code reads it"),
    ("TRIBUTARY_SPILL_URL:", "TRIBUTARY_OVERFLOW_URL:", "TRIBUTARY_SPILL_URL is read by the code but no function has it"),
    ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH:", "TRIBUTARY_ALLOW_UNAUTHENTICATED:", "is for local use only"),
    ("TRIBUTARY_KARTE_SECRET_ID: !Ref KarteSecret", "TRIBUTARY_KARTE_SECRET_ID: karte", "karte: TRIBUTARY_KARTE_SECRET_ID must name"),
    ("""'{"rules":[]}'""", """'{"rules":[{"type":"bearer","token":"x"}]}'""", "karte: its secret must start without a rule"),
    ("Action: [dynamodb:GetItem, dynamodb:PutItem]", "Action: [dynamodb:GetItem]", "channeltalk-poll: lacks dynamodb:PutItem"),
    ('["cursor#channeltalk"]', '["cursor#"]', "channeltalk-poll: ['dynamodb:GetItem', 'dynamodb:PutItem'] must be for the partition"),
    ("Resource: !Ref ChannelTalkPollSecret", "Resource: !Ref KarteSecret", "channeltalk-poll: has secretsmanager:GetSecretValue on KarteSecret"),
    ("_SECRET_ID: !Ref ChannelTalkPollSecret", "_SECRET_ID: !Ref KarteSecret", "must name its secret"),
    ('"access_key":""', '"access_key":"x"', "channeltalk-poll: its secret must start without a key"),
    ("    Condition: HasChannelTalkPoll\n    Properties:\n      Name", "    Properties:\n      Name", "channeltalk-poll: all of it"),
    ("TRIBUTARY_CHANNELTALK_POLL_FOLLOW:", "TRIBUTARY_CHANNELTALK_API_URL:", "TRIBUTARY_CHANNELTALK_API_URL is for local use only"),
    ("DeduplicationScope: !If [IsFifo, messageGroup", "DeduplicationScope: !If [IsFifo, queue", "EventsQueue: DeduplicationScope"),
    ('-dead-letters.fifo", !Sub', '-dead-letters", !Sub', "DeadLetterQueue: its name must end"),
    ("maxReceiveCount: 5", "maxReceiveCount: 3", "EventsQueue: must hand to DeadLetterQueue"),
    ("MaximumMessageSize: 1048576", "MaximumMessageSize: 262144", "EventsQueue: MaximumMessageSize"),
    ("SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false", "EventsQueue: must be encrypted"),
    ("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 60", "DeadLetterQueue: what lies there"),
    ("SUM(Buried)", "SUM(Bury)", "ChunkBuriedAlarm: no code writes the metric"),
    ("SUM(Buried)", "SUM(Left)", "no alarm watches Buried"),
    ('SCHEMA("Tributary"', 'SCHEMA("Other"', "ChunkBuriedAlarm: must ask the namespace"),
    ("Outcome = 'denied'", "Outcome = 'refused'", "DeniedAlarm: no code writes the outcome"),
    ("!GetAtt QuarantineQueue.QueueName", "!GetAtt SpillQueue.QueueName", "no alarm watches QuarantineQueue"),
]


def main():
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    unseen = []
    for before, after, said in BREAKS:
        if before not in text:
            unseen.append(f"{before!r} does not stand in the template any more")
        elif not any(said in rule for rule in broken_rules(text.replace(before, after, 1))):
            unseen.append(f"{before!r} -> {after!r}: nobody says {said!r}")
    for line in unseen:
        print(line)
    print(f"{len(BREAKS) - len(unseen)} of {len(BREAKS)} breaks are seen")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
