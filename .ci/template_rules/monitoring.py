"""Alarms, dashboard and access log."""

import json
import re

from .document import POLLER, STACK, SWEEPER, read, resolve

# What a stack's own metric filter counts in.
FILTERED = f"TributaryApi/{STACK}"
VISIBLE, AGE = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
HIDDEN = "ApproximateNumberOfMessagesNotVisible"
# Metrics that AWS writes, and their one dimension.
FOREIGN = {
    "AWS/ApiGateway": ("ApiId", {"Count", "4xx", "5xx", "Latency", "IntegrationLatency"}),
    "AWS/DynamoDB": ("TableName", {"ConsumedWriteCapacityUnits", "WriteThrottleEvents"}),
    "AWS/Lambda": ("FunctionName", {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"}),
    "AWS/SQS": ("QueueName", {VISIBLE, AGE, HIDDEN}),
}
# Of a request's metrics, by outcome, which each source must have an alarm on.
OF_EACH_SOURCE = {
    ("Requests", "denied"),
    ("Requests", "destroyed"),
    ("Requests", "no_secret"),
    ("Requests", "not_durable"),
    ("Requests", "too_large"),
    ("Unrecognized", "accepted"),
}
OF_EACH_FUNCTION = {"Errors", "Throttles"}
# And what else must have one, by the value of the metric's dimension.
OF_THE_STACK = {
    ("5xx", "<Api>"),
    ("Throttled", None),
    ("TooLarge", None),
    ("NotRouted", None),
    ("Invocations", f"{STACK}-{SWEEPER}"),
    ("Errors", f"{STACK}-{SWEEPER}"),
    ("Errors", f"{STACK}-{POLLER}"),
    (VISIBLE, "<DeadLetterQueue>"),
    (VISIBLE, "<QuarantineQueue>"),
    (VISIBLE, "<SpillQueue>"),
    (HIDDEN, "<SpillQueue>"),
    (AGE, "<EventsQueue>"),
}
# What an access log may hold. Not the path and not the query, where secrets are, nor who called.
LOGGED = {
    "awsEndpointRequestId",
    "integrationErrorMessage",
    "integrationLatency",
    "integrationStatus",
    "protocol",
    "requestId",
    "requestTime",
    "responseLatency",
    "responseLength",
    "routeKey",
    "status",
}


class Written:
    """The metrics that the code emits: by whom, under which outcome.

    shared/gateway/tests/metrics.rs runs the code and keeps the list.
    """

    namespace = "Tributary"

    def __init__(self, sources):
        self.sources = sources
        head, *rows = [line.split("\t") for line in read("functions/metrics.tsv").splitlines()]
        if head != ["emitter", "outcome", "metric"]:
            raise SystemExit("functions/metrics.tsv has other columns: bring this check up to date")
        self.emitted = {tuple(row) for row in rows}
        of = lambda who, column: {row[column] for row in self.emitted if row[0] == who}  # noqa: E731
        self.of_requests, self.of_sweeper = of("request", 2), of("sweeper", 2)
        self.outcomes, self.sweeps = of("request", 1), of("sweeper", 1)

    def fault(self, metric, dimensions):
        """Why no code writes this metric, or None."""
        if set(dimensions) != {"Source", "Outcome"}:
            return f"the dimensions of {metric} are Source and Outcome, not {sorted(dimensions)}"
        source, outcome = dimensions["Source"], dimensions["Outcome"]
        if source not in (*self.sources, SWEEPER):
            return f"there is no source {source}"
        metrics, outcomes = (self.of_sweeper, self.sweeps) if source == SWEEPER else (self.of_requests, self.outcomes)
        if metric not in metrics:
            return f"no code writes the metric {metric} of {source}"
        if outcome not in outcomes:
            return f"no code writes the outcome {outcome} of {source}"
        if ("sweeper" if source == SWEEPER else "request", outcome, metric) not in self.emitted:
            return f"no code writes {metric} of {source} under the outcome {outcome}"
        return None


def _filtered(template):
    """The metrics that filters of the access log count."""
    for nested in template.nested.values():
        for each in nested["Resources"].values():
            if each["Type"] == "AWS::Logs::MetricFilter":
                yield from (one["MetricName"] for one in each["Properties"]["MetricTransformations"])


def _fault(template, written, namespace, metric, dimensions):
    """Why there is no such metric, or None."""
    if namespace == written.namespace:
        return written.fault(metric, dimensions)
    if namespace == FILTERED:
        return None if (metric, dimensions) in [(each, {}) for each in _filtered(template)] else f"no filter counts {metric}"
    dimension, metrics = FOREIGN.get(namespace, (None, set()))
    if metric not in metrics or set(dimensions) != {dimension}:
        return f"{namespace} {metric} by {sorted(dimensions)} is not known here"
    value = dimensions[dimension]
    functions = {f"{STACK}-{name}" for name in template.functions()}
    if value not in functions and value.strip("<>") not in template.resources:
        return f"{namespace} {metric}: the stack has no {value}"
    return None


def _alarms(template):
    """(name, properties, condition) of every alarm of every stack within the stack, with the names filled in."""
    for _, path, given in template.stacks():
        for each in template.nested.get(path, {"Resources": {}})["Resources"].values():
            if each["Type"] == "AWS::CloudWatch::Alarm":
                alarm = resolve(each["Properties"], given)
                yield alarm["AlarmName"], alarm, each.get("Condition")


def _metrics(alarm):
    """(namespace, metric, dimensions) of what an alarm looks at."""
    looked_at = [alarm] if "MetricName" in alarm else []
    looked_at += [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
    for each in looked_at:
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in each.get("Dimensions", [])}
        yield each["Namespace"], each["MetricName"], dimensions


def check_stacks(template):
    """What is passed to the stacks within the stack."""
    used = set()
    for name, path, given in template.stacks():
        used.add(path)
        if path not in template.nested:
            yield f"{name}: there is no {path}"
        elif set(given) != set(template.nested[path].get("Parameters", {})):
            yield f"{name}: gives {sorted(given)}, {path} takes {sorted(template.nested[path].get('Parameters', {}))}"
    for path in sorted(set(template.nested) - used):
        yield f"{path}: no stack is made of it"


def check_alarms(template, sources):
    written = Written(sources)
    names, watched = set(), set()
    for name, alarm, _ in _alarms(template):
        if name in names:
            yield f"{name}: two alarms have this name"
        names.add(name)
        for namespace, metric, dimensions in _metrics(alarm):
            fault = _fault(template, written, namespace, metric, dimensions)
            if fault:
                yield f"{name}: {fault}"
            watched.add((namespace, metric, tuple(sorted(dimensions.items()))))
        for query in alarm.get("Metrics", []):
            # CloudWatch's query language knows no OR, and a query sees three hours only.
            if "Expression" in query and query["Expression"] not in ("SUM(METRICS())", "MAX(METRICS())"):
                yield f"{name}: an expression must be SUM(METRICS()) or MAX(METRICS())"
        if alarm.get("AlarmActions") != ["<AlarmTopicArn>"]:
            yield f"{name}: must notify the topic"
        missing = "breaching" if alarm["ComparisonOperator"].startswith("LessThan") else "notBreaching"
        if alarm.get("TreatMissingData") != missing:
            yield f"{name}: TreatMissingData must be {missing}"
    for source in sources:
        for metric, outcome in sorted(OF_EACH_SOURCE):
            if (written.namespace, metric, (("Outcome", outcome), ("Source", source))) not in watched:
                yield f"no alarm watches {metric} {outcome} of {source}"
        for metric in sorted(OF_EACH_FUNCTION):
            if ("AWS/Lambda", metric, (("FunctionName", f"{STACK}-{source}"),)) not in watched:
                yield f"no alarm watches {metric} of {source}"
    by_value = {(metric, dimensions[0][1] if dimensions else None) for _, metric, dimensions in watched}
    for metric, value in sorted(OF_THE_STACK - by_value, key=str):
        yield f"no alarm watches {metric} of {value}"
    for metric in ("Buried", "OldestChunk"):
        for outcome in sorted(written.sweeps):
            if (written.namespace, metric, (("Outcome", outcome), ("Source", SWEEPER))) not in watched:
                yield f"no alarm watches {metric} {outcome} of {SWEEPER}"


def _widget_metrics(rows):
    """(namespace, metric, dimensions) of a widget's rows, where ... stands for the row above but its last value."""
    above = []
    for row in rows:
        texts = [each for each in row if isinstance(each, str)]
        if not texts:
            continue
        if texts[0] == "...":
            texts = above[: len(above) - len(texts) + 1] + texts[1:]
        above = texts
        yield texts[0], texts[1], dict(zip(texts[2::2], texts[3::2]))


def _search_fault(written, text):
    """What is wrong with a SEARCH for our own metrics, or None."""
    found = re.fullmatch(r"(?:SUM\()?SEARCH\('\{(\w+),(\w+),(\w+)\} (.*)', '(Sum|Maximum)', 300\)\)?", text)
    if not found or (found[1], {found[2], found[3]}) != (written.namespace, {"Source", "Outcome"}):
        return "a search must be in our namespace by Source and Outcome"
    terms = dict(re.findall(r'(\w+)="(\w+)"', found[4]))
    metrics = written.of_sweeper if terms.get("Source") == SWEEPER else written.of_requests
    if terms.get("MetricName") not in metrics:
        return f"no code writes the metric {terms.get('MetricName')}"
    if "Outcome" in terms and terms["Outcome"] not in written.outcomes:
        return f"no code writes the outcome {terms['Outcome']}"
    return None


def check_dashboard(template, sources):
    written = Written(sources)
    boards = [
        (each["Properties"]["DashboardBody"], given)
        for _, path, given in template.stacks()
        for each in template.nested.get(path, {"Resources": {}})["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Dashboard"
    ]
    if len(boards) != 1:
        yield f"dashboard: there must be one, not {len(boards)}"
        return
    body, given = boards[0]
    for holds in (True, False):
        try:
            widgets = json.loads(resolve(body, given, holds))["widgets"]
        except json.JSONDecodeError as error:
            yield f"dashboard: no JSON where the poller is {'on' if holds else 'off'}: {error}"
            continue
        yield from _check_widgets(template, written, widgets, holds)


def _check_widgets(template, written, widgets, holds):
    shown, functions, taken = set(), {}, set()
    for widget in widgets:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        title = widget["properties"]["title"]
        if cells & taken or max(x for x, _ in cells) > 23:
            yield f"dashboard: {title} lies on another widget or beyond the edge"
        taken |= cells
        shown |= {arn.rsplit(":", 1)[1] for arn in widget["properties"].get("alarms", [])}
        rows = widget["properties"].get("metrics", [])
        for namespace, metric, dimensions in _widget_metrics(rows):
            fault = _fault(template, written, namespace, metric, dimensions)
            if fault:
                yield f"dashboard: {title}: {fault}"
            if namespace == "AWS/Lambda":
                functions.setdefault(metric, set()).add(dimensions.get("FunctionName"))
        for row in rows:
            fault = _search_fault(written, row[0]["expression"]) if isinstance(row[0], dict) else None
            if fault:
                yield f"dashboard: {title}: {fault}"
    alarms = {name for name, _, condition in _alarms(template) if holds or condition is None}
    for name in sorted(alarms - shown):
        yield f"dashboard: lacks the alarm {name}"
    for name in sorted(shown - alarms):
        yield f"dashboard: there is no alarm {name}"
    for metric, names in functions.items():
        for source in written.sources:
            if f"{STACK}-{source}" not in names:
                yield f"dashboard: {metric} of {source} is not shown"


def check_access_log(template):
    settings = template.properties("Api").get("AccessLogSettings", {})
    group = settings.get("DestinationArn", {}).get("Fn::GetAtt", [None])[0]
    if template.resources.get(group, {}).get("Properties", {}).get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
        yield "access log: must go to a log group of this stack with the parameter's retention"
    try:
        fields = json.loads(settings.get("Format", ""))
    except json.JSONDecodeError as error:
        yield f"access log: the format is no JSON: {error}"
        return
    for name, value in fields.items():
        if not value.startswith("$context.") or value.removeprefix("$context.") not in LOGGED:
            yield f"access log: {name} may not hold {value}"
    if fields.get("status") != "$context.status":
        yield "access log: must hold status, by which 429 is counted"
