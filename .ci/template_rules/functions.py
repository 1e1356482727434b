"""Functions: their settings and routes, the protocol's times, their variables."""

import re

from .document import ROOT, SWEEPER, constant, product_code, read, target, words

# Read by the code, and for local use only.
LOCAL_VARIABLES = {
    "TRIBUTARY_CHANNELTALK_API_URL",
    "TRIBUTARY_ALLOW_UNAUTHENTICATED",
    "TRIBUTARY_<SOURCE>_AUTH",
    "TRIBUTARY_<SOURCE>_AUTH_FILE",
}
# What a secret starts with. It lets nobody in, and no letter of it may ever change: CloudFormation writes a secret anew,
# over what is in it, when the template's own text of it is another one.
NO_RULES = '{"rules":[]}'
# API Gateway gives up on a function after so many seconds.
GATEWAY_SECONDS = 30


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
        # Alarms, dashboard and documentation name functions by it.
        if function.get("FunctionName") != {"Fn::Sub": f"${{AWS::StackName}}-{name}"}:
            yield f"{name}: FunctionName must be the stack's name and -{name}"
        if (function.get("Runtime"), function.get("Handler")) != ("provided.al2023", "bootstrap"):
            yield f"{name}: Runtime and Handler must be provided.al2023 and bootstrap"
        logging = function.get("LoggingConfig", {})
        # Metrics are lines of the log at INFO, so at WARN every alarm on them is blind.
        if (logging.get("LogFormat"), logging.get("ApplicationLogLevel")) != ("JSON", "INFO"):
            yield f"{name}: logs must be JSON at INFO; finer levels write whole requests, coarser ones drop the metrics"
        if name in sources:
            routes = {
                (event["Properties"].get("Method"), event["Properties"].get("Path"))
                for event in function.get("Events", {}).values()
                if event["Type"] == "HttpApi"
            }
            paths = (f"/{name}", f"/{name}/{{proxy+}}")
            if routes != {(method, path) for method in ("POST", "GET") for path in paths}:
                yield f"{name}: its routes must be POST and GET of /{name} and /{name}/{{proxy+}}"
        yield from _check_concurrency(template, name, function)
    for path, document in {"template.yaml": template.document, **template.nested}.items():
        if any(re.search(r"\bTRACE\b", word) for word in words(document)):
            yield f"{path}: nothing may set TRACE, at which the runtime writes whole requests"


def _check_concurrency(template, name, function):
    """No reservation by default: 0 would switch a function off, and a small account has nothing to reserve."""
    reserved = function.get("ReservedConcurrentExecutions")
    if reserved is None:
        return
    condition, held, otherwise = (reserved.get("Fn::If") if isinstance(reserved, dict) else None) or (None, None, None)
    parameter = target(held)
    is_zero = {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]}
    if otherwise != {"Ref": "AWS::NoValue"} or template.document["Conditions"].get(condition) != is_zero:
        yield f"{name}: reserved concurrency must be left out where its parameter is 0, which would switch it off"
    elif template.parameters.get(parameter, {}).get("Default") != 0:
        yield f"{name}: reserved concurrency must be none by default"


def check_times(template, sources):
    """The inequalities of the protocol, at the default of a parameter and at its bounds."""
    settings = read("shared/pipeline/src/settings.rs")
    assumed_ms = constant(settings, "FUNCTION_TIMEOUT_MS")
    lease_ms = constant(settings, "LEASE_MS")
    delay_ms = constant(settings, "SWEEP_DELAY_MS")
    window_ms = constant(settings, "FIFO_WINDOW_MS")
    faults = constant(settings, "FAULTS")
    functions = template.functions()
    for name in sources:
        default, *bounds = template.possible(functions.get(name, {}).get("Timeout"))
        if not all(isinstance(seconds, int) for seconds in (default, *bounds)):
            yield f"{name}: Timeout must be a number, or a parameter with a default and both bounds"
            continue
        for seconds in sorted({default, *bounds}):
            ms = seconds * 1000
            if ms > assumed_ms:
                yield f"{name}: Timeout may be {seconds} s, the code's FUNCTION_TIMEOUT_MS is {assumed_ms}"
            if ms >= lease_ms:
                yield f"{name}: Timeout {seconds} s must be shorter than the lease, {lease_ms} ms"
            if window_ms <= faults * (lease_ms + delay_ms) + ms:
                yield f"{name}: with Timeout {seconds} s, {faults} faults in a row outlast FIFO's {window_ms} ms"
            if seconds >= GATEWAY_SECONDS:
                yield f"{name}: API Gateway does not wait for a Timeout of {seconds} s"
    sweeper = functions.get(SWEEPER, {})
    events = sweeper.get("Events", {}).values()
    schedules = [event["Properties"].get("Schedule") for event in events if event["Type"] == "Schedule"]
    if schedules != ["rate(1 minute)"]:
        yield f"sweeper: its schedule must be rate(1 minute), not {schedules}"
    # It holds pages of several shards and a chunk of each, inflated: tests/built/memory.rs measures below 128 MB of its own.
    memory = sweeper.get("MemorySize")
    if not isinstance(memory, int) or memory < 256:
        yield f"sweeper: MemorySize must be its own and 256 at least, not {memory}"
    # Passes until the next run begins: with less, a chunk waits longer than the protocol's D.
    if sweeper.get("Timeout") != 60 or delay_ms < 60_000:
        yield f"sweeper: Timeout must be 60 s, so that its passes fill the minute (SWEEP_DELAY_MS is {delay_ms})"


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
    for variable in sorted(set_by_template - read_by_code - settings):
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
        elif template.properties(secret).get("SecretString") != NO_RULES:
            yield f"{name}: its secret must start without a rule, as {NO_RULES} to the letter"
