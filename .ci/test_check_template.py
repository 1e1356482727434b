"""Breaks the template, the stacks within it and samconfig.toml in one place at a time, and sees each break named."""

import sys

from check_template import broken_rules
from template_rules.document import TEMPLATE, read_all

KARTE_SECRET_ACTION = "Action: secretsmanager:GetSecretValue, Resource: !Ref KarteSecret }"
CLAIMS_KEY = "{ AttributeName: pk, AttributeType: B }"

# What stands in the template, what it becomes, and what must be said about it.
BREAKS = [
    ("Timeout: 60\n", "Timeout: 20\n", "sweeper: Timeout must be 60 s"),
    ("      MemorySize: 256\n", "", "sweeper: MemorySize must be its own"),
    ("rate(1 minute)", "rate(2 minutes)", "sweeper: its schedule must be"),
    ("AttributeName: x, Enabled: true", "AttributeName: ttl, Enabled: true", "claims: TTL must be enabled on x"),
    (CLAIMS_KEY, CLAIMS_KEY.replace("B }", "S }"), "claims: key is [('pk', 'S')]"),
    ("AttributeName: sk, KeyType: RANGE", "AttributeName: pk, KeyType: RANGE", "journal: key is"),
    ("BuildProperties: { Binary: sweeper }", "BuildProperties: { Binary: swept }", "functions/sweeper has no function"),
    ("BuildProperties: { Binary: sweeper }", "BuildProperties: { Binary: swept }", "function swept has no folder"),
    ("CodeUri: functions/karte", "CodeUri: .", "karte: CodeUri must be"),
    ("BuildMethod: rust-cargolambda", "BuildMethod: makefile", "karte: BuildMethod must be"),
    ("Runtime: provided.al2023", "Runtime: provided.al2", "karte: Runtime and Handler"),
    ('Path: "/karte/{proxy+}"', 'Path: "/karte/x"', "karte: its routes must be"),
    ("Method: POST, Path: /infobip ", "Method: ANY, Path: /infobip ", "infobip: its routes must be"),
    ("ApplicationLogLevel: INFO", "ApplicationLogLevel: DEBUG", "sweeper: logs must be JSON"),
    ("ApplicationLogLevel: INFO", "ApplicationLogLevel: WARN", "karte: logs must be JSON at INFO"),
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
    ("Action: sqs:SendMessage\n              Resource: !GetAtt QuarantineQueue.Arn", "Action: sqs:SendMessage\n              Resource: !GetAtt DeadLetterQueue.Arn", "sweeper: lacks sqs:SendMessage on QuarantineQueue"),
    ("[dynamodb:Query, dynamodb:PutItem]", "[dynamodb:Query, dynamodb:PutItem, dynamodb:Scan]", "dynamodb:Scan is granted, and no code calls it"),
    ("TRIBUTARY_SPILL_URL:", "TRIBUTARY_OVERFLOW_URL:", "TRIBUTARY_OVERFLOW_URL is set but no code reads it"),
    ("TRIBUTARY_SPILL_URL:", "TRIBUTARY_OVERFLOW_URL:", "TRIBUTARY_SPILL_URL is read by the code but no function has it"),
    ("TRIBUTARY_SPILL_URL:", "TRIBUTARY_ALLOW_UNAUTHENTICATED:", "is for local use only"),
    ("TRIBUTARY_KARTE_SECRET_ID: !Ref KarteSecret", "TRIBUTARY_KARTE_SECRET_ID: karte", "karte: TRIBUTARY_KARTE_SECRET_ID must name"),
    ("""'{"rules":[]}'""", """'{"rules":[{"type":"bearer","token":"x"}]}'""", "karte: its secret must start without a rule"),
    ("""'{"rules":[]}'""", """'{"rules": []}'""", "karte: its secret must start without a rule, as"),
    ("Method: GET, Path: /infobip ", "Method: ANY, Path: /infobip ", "infobip: its routes must be"),
    ("        - !Ref SourcePolicy\n        - Statement:\n", "        - !Ref SourcePolicy\n        - !Ref WarmPolicy\n        - Statement:\n",
     "channeltalk-poll: has sqs:GetQueueAttributes on EventsQueue"),
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
    ("Timeout: !Ref SourceTimeout", "Timeout: 30", "karte: Timeout 30 s must be shorter than the lease"),
    ("Timeout: !Ref SourceTimeout", "Timeout: 30", "karte: API Gateway does not wait for a Timeout of 30 s"),
    ("Timeout: !Ref SourceTimeout", "Timeout: 90", "infobip: with Timeout 90 s, 2 faults in a row outlast FIFO's"),
    ("    Default: 20\n", "    Default: 25\n", "karte: Timeout may be 25 s, the code's FUNCTION_TIMEOUT_MS"),
    ("    MaxValue: 20\n", "    MaxValue: 21\n", "karte: Timeout may be 21 s, the code's FUNCTION_TIMEOUT_MS"),
    ("    MaxValue: 20\n", "    MaxValue: 30\n", "karte: Timeout 30 s must be shorter than the lease"),
    ("    MaxValue: 20\n", "", "karte: Timeout must be a number, or a parameter with"),
    ("[HasSourceConcurrency, !Ref SourceConcurrency, !Ref AWS::NoValue]", "[HasSourceConcurrency, !Ref SourceConcurrency, 0]",
     "karte: reserved concurrency must be left out"),
    ("!If [HasSweeperConcurrency, !Ref SweeperConcurrency, !Ref AWS::NoValue]", "0",
     "sweeper: reserved concurrency must be left out"),
    ("!Not [!Equals [!Ref SweeperConcurrency, 0]]", "!Not [!Equals [!Ref SweeperConcurrency, 1]]",
     "sweeper: reserved concurrency must be left out"),
    ("Default: 0\n    MinValue: 0\n    MaxValue: 10\n", "Default: 2\n    MinValue: 0\n    MaxValue: 10\n",
     "sweeper: reserved concurrency must be none by default"),
    ('"${AWS::StackName}-karte"', '"${AWS::StackName}-cards"', "karte: FunctionName must be the stack's name"),
    ("      CodeUri: functions/karte\n", "      CodeUri: functions/karte\n      Role: arn:aws:iam::123456789012:role/all\n",
     "karte: must have the role that SAM makes"),
    ("ApplicationLogLevel: INFO", "ApplicationLogLevel: TRACE", "karte: logs must be JSON"),
    ("SystemLogLevel: WARN", "SystemLogLevel: TRACE", "template.yaml: nothing may set TRACE"),
    ("TRIBUTARY_SPILL_URL: !Ref SpillQueue", "TRIBUTARY_SPILL_URL: !Ref SpillQueue\n        RUST_LOG: info",
     "RUST_LOG is set but no code reads it"),
    ("DeletionPolicy: Retain\n", "DeletionPolicy: Delete\n", "journal: must not be deleted with the stack"),
    ("DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false", "journal: must be protected from deletion"),
    ("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "claims: must have point-in-time recovery"),
    ("DeletionProtectionEnabled: true", "PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }",
     "journal: must have no point-in-time recovery"),
    ('"routeKey":"$context.routeKey"', '"path":"$context.path"', "access log: path may not hold $context.path"),
    ('"routeKey":"$context.routeKey"', '"q":"$context.http.queryString"', "access log: q may not hold"),
    ('"routeKey":"$context.routeKey"', '"ip":"$context.identity.sourceIp"', "access log: ip may not hold"),
    ('"routeKey":"$context.routeKey"', '"route":"$context.routeKey $context.path"', "access log: route may not hold"),
    ('"status":"$context.status",', "", "access log: must hold status"),
    ('"status":"$context.status",', '"status":"$context.status"', "access log: the format is no JSON"),
    ("DestinationArn: !GetAtt AccessLogGroup.Arn", "DestinationArn: !GetAtt LogGroups.Arn", "access log: must go to a log group"),
    ("TemplateURL: functions/source-alarms.yaml", "TemplateURL: functions/alarm.yaml", "KarteAlarms: there is no functions/alarm.yaml"),
    ("Source: infobip, AlarmTopicArn: !Ref AlarmTopicArn", "Source: infobip", "InfobipAlarms: gives ['Source', 'Stack']"),
    ("Source: infobip,", "Source: karte,", "no alarm watches Requests denied of infobip"),
    ("Source: infobip,", "Source: karte,", "no alarm watches Throttles of infobip"),
    ("Source: infobip,", "Source: karte,", "STACK-karte-denied: two alarms have this name"),
    ("Source: infobip,", "Source: infobop,", "STACK-infobop-denied: there is no source infobop"),
    ("DeadLetterQueue: !GetAtt DeadLetterQueue.QueueName", "DeadLetterQueue: !GetAtt SpillQueue.QueueName",
     "no alarm watches ApproximateNumberOfMessagesVisible of <DeadLetterQueue>"),
    ("DeadLetterQueue: !GetAtt DeadLetterQueue.QueueName", "DeadLetterQueue: !GetAtt Letters.QueueName", "the stack has no <Letters>"),
    ("TemplateURL: functions/dashboard.yaml", "TemplateURL: functions/alarms.yaml", "functions/dashboard.yaml: no stack is made of it"),
    ("${AWS::URLSuffix}/karte", "${AWS::URLSuffix}/cards", "no output has the URL of karte"),
    ('Value: !Sub "${AWS::StackName}/karte"', 'Value: !Sub "${AWS::StackName}/cards"', "no output names the secret of karte"),
    ("    Value: !Ref EventsQueue\n", "    Value: !Ref SpillQueue\n", "the output EventsQueueUrl must be"),
    ("  DeadLetterQueueArn:\n", "  LettersArn:\n", "asks for the output DeadLetterQueueArn, which there is not"),
]

# The same for the stacks within the stack, and for samconfig.toml.
OTHERS = {
    "functions/source-alarms.yaml": [
        ("Value: denied", "Value: refused", "STACK-karte-denied: no code writes the outcome refused"),
        ("MetricName: Unrecognized", "MetricName: Unknown", "STACK-karte-unrecognized: no code writes the metric Unknown"),
        ("MetricName: Unrecognized", "MetricName: Buried", "STACK-karte-unrecognized: no code writes the metric Buried"),
        ("MetricName: Unrecognized", "MetricName: New", "no alarm watches Unrecognized accepted of altcraft"),
        (", { Name: Outcome, Value: denied }", "", "the dimensions of Requests are Source and Outcome"),
        ("Value: accepted", "Value: denied", "STACK-karte-unrecognized: no code writes Unrecognized of karte under the outcome denied"),
        ("Value: too_large", "Value: denied", "no alarm watches Requests too_large of karte"),
        ("Namespace: Tributary\n", "Namespace: Other\n", "STACK-karte-denied: Other Requests by"),
        ("Value: not_durable", "Value: no_secret", "no alarm watches Requests not_durable of carrotquest"),
        ("MetricName: Throttles", "MetricName: Errors", "no alarm watches Throttles of channeltalk"),
        ("MetricName: Throttles", "MetricName: Throttled", "AWS/Lambda Throttled by ['FunctionName'] is not known"),
        ('Value: !Sub "${Stack}-${Source}"', 'Value: !Sub "${Stack}/${Source}"', "the stack has no STACK/karte"),
        ("SUM(METRICS())", "SELECT SUM(Requests) FROM Tributary", "STACK-karte-denied: an expression must be"),
        ("[!Ref AlarmTopicArn]", "[]", "STACK-karte-denied: must notify the topic"),
        ("TreatMissingData: notBreaching", "TreatMissingData: missing", "STACK-karte-denied: TreatMissingData must be"),
        ("Statistic: Sum", "Statistic: TRACE", "functions/source-alarms.yaml: nothing may set TRACE"),
    ],
    "functions/alarms.yaml": [
        ("MetricName: Buried", "MetricName: Left", "no alarm watches Buried ok of sweeper"),
        ("MetricName: Buried", "MetricName: Requests", "no code writes the metric Requests of sweeper"),
        ("{ Name: Outcome, Value: faults }", "{ Name: Outcome, Value: failed }", "no code writes the outcome failed of sweeper"),
        ("MetricName: OldestChunk", "MetricName: Expired", "no alarm watches OldestChunk ok of sweeper"),
        ("MetricName: 5xx", "MetricName: 4xx", "no alarm watches 5xx of <Api>"),
        ("MetricName: Throttled\n", "MetricName: Refused\n", "no filter counts Refused"),
        ("MetricName: TooLarge\n", "MetricName: NotRouted\n", "no alarm watches TooLarge of None"),
        ("MetricName: Invocations", "MetricName: Duration", "no alarm watches Invocations of STACK-sweeper"),
        ("TreatMissingData: breaching", "TreatMissingData: notBreaching", "STACK-sweeper-silent: TreatMissingData must be breaching"),
        ("Value: !Ref QuarantineQueue", "Value: !Ref SpillQueue", "no alarm watches ApproximateNumberOfMessagesVisible of <Quarantine"),
        ("    Condition: HasChannelTalkPoll\n", "", "dashboard: lacks the alarm STACK-channeltalk-poll-failed"),
        ('"${Stack}-spill"', '"${Stack}-spilled"', "dashboard: lacks the alarm STACK-spilled"),
        ('"${Stack}-spill"', '"${Stack}-spilled"', "dashboard: there is no alarm STACK-spill"),
    ],
    "functions/dashboard.yaml": [
        ('"${Alarm}karte-denied", ', "", "dashboard: lacks the alarm STACK-karte-denied"),
        ('"${Alarm}backlog"', '"${Alarm}backlog",', "dashboard: no JSON where the poller is off"),
        ('"x": 12,', '"x": 11,', "lies on another widget"),
        ('"x": 18,', '"x": 19,', "beyond the edge"),
        ('MetricName=\\"Duplicate\\"', 'MetricName=\\"Doubled\\"', "no code writes the metric Doubled"),
        ('Outcome=\\"accepted\\"', 'Outcome=\\"accept\\"', "no code writes the outcome accept"),
        ("{Tributary,Outcome,Source}", "{Tributary,Source}", "a search must be in our namespace"),
        ('"OldestChunk"', '"Oldest"', "no code writes the metric Oldest of sweeper"),
        ('"AWS/SQS", "ApproximateAgeOfOldestMessage"', '"AWS/SQS", "AgeOfOldest"', "AWS/SQS AgeOfOldest by ['QueueName'] is not known"),
        ('["...", "${Stack}-infobip", {"label": "infobip"}], ', "", "dashboard: Duration of infobip is not shown"),
        ('["...", "${Stack}-infobip"', '["...", "${Stack}-infobop"', "the stack has no STACK-infobop"),
    ],
    "samconfig.toml": [
        ('"Architecture=x86_64"', '"Arch=x86_64"', "samconfig.toml: the template has no parameter Arch"),
        ("""ChannelTalkPollSchedule="rate(5 minutes)\"""", "ChannelTalkPollSchedule=rate(5 minutes)",
         "samconfig.toml: ChannelTalkPollSchedule has a blank in its value"),
        ("s3_prefix", 'parameter_overrides = "Queue=Fifo"\ns3_prefix', "samconfig.toml: the template has no parameter Queue"),
        (" CAPABILITY_AUTO_EXPAND", "", "samconfig.toml: capabilities must be"),
        ("cached = false", "cached = true", "samconfig.toml: cached must be false"),
        ("lint = true", "lint = false", "samconfig.toml: sam validate must lint"),
        ('stack_name = "tributary"', "", "samconfig.toml: names no stack"),
    ],
}


def main():
    files = read_all()
    unseen, tried = [], 0
    for path, breaks in {TEMPLATE: BREAKS, **OTHERS}.items():
        for before, after, said in breaks:
            tried += 1
            if before not in files[path]:
                unseen.append(f"{path}: {before!r} does not stand there any more")
                continue
            broken = {**files, path: files[path].replace(before, after, 1)}
            if not any(said in rule for rule in broken_rules(broken)):
                unseen.append(f"{path}: {before!r} -> {after!r}: nobody says {said!r}")
    for line in unseen:
        print(line)
    print(f"{tried - len(unseen)} of {tried} breaks are seen")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
