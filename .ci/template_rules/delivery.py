"""What a deployment is asked for and what it gives: outputs, SAM's configuration."""

import re

from .document import CONFIG, ROOT, resolve


def check_outputs(template, sources):
    values = {name: resolve(each.get("Value"), {}) for name, each in template.outputs.items()}
    urls = {value for name, value in values.items() if name.endswith("Url") and "<Api>" in str(value)}
    secrets = {str(value).rsplit("/", 1)[-1] for name, value in values.items() if name.endswith("SecretName")}
    for source in sources:
        if not any(url.startswith("https://") and url.endswith(f"/{source}") for url in urls):
            yield f"no output has the URL of {source}"
        if source not in secrets:
            yield f"no output names the secret of {source}"
    for name, value in {"EventsQueueUrl": "<EventsQueue>", "EventsQueueArn": "<EventsQueue>"}.items():
        if values.get(name) != value:
            yield f"the output {name} must be that of EventsQueue"
    for path in sorted((ROOT / "docs").glob("*.md")):
        for name in sorted(set(re.findall(r"\$\(out (\w+)\)", path.read_text(encoding="utf-8")))):
            if name not in template.outputs:
                yield f"docs/{path.name} asks for the output {name}, which there is not"


def check_config(template):
    sections = [
        parameters
        for environment in template.config.values()
        if isinstance(environment, dict)
        for command in environment.values()
        for parameters in [command.get("parameters", {})]
    ]
    if not any("stack_name" in parameters for parameters in sections):
        yield f"{CONFIG}: names no stack"
    given = [item for parameters in sections for item in _overrides(parameters)]
    # Examples stand in comments and must be as right.
    examples = re.findall(r"""^#\s+(["'])(\w+)=(.*?)\1""", template.files[CONFIG], re.M)
    given += [name for _, name, _ in examples]
    for _, name, value in examples:
        # SAM cuts it at the blank otherwise.
        if " " in value and not re.fullmatch(r'"[^"]*"', value):
            yield f"{CONFIG}: {name} has a blank in its value, so the value needs quotes of its own"
    for name in sorted(set(given) - set(template.parameters)):
        yield f"{CONFIG}: the template has no parameter {name}"
    default = template.config.get("default", {})
    granted = str(default.get("deploy", {}).get("parameters", {}).get("capabilities", "")).split()
    if sorted(granted) != ["CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM"]:
        yield f"{CONFIG}: capabilities must be those of roles and of stacks within the stack, not {granted}"
    if default.get("build", {}).get("parameters", {}).get("cached") is not False:
        yield f"{CONFIG}: cached must be false: SAM's cache does not see a change under shared/"
    if default.get("validate", {}).get("parameters", {}).get("lint") is not True:
        yield f"{CONFIG}: sam validate must lint"


def _overrides(parameters):
    value = parameters.get("parameter_overrides", [])
    items = value if isinstance(value, list) else re.findall(r"\S+=", value)
    return [item.split("=", 1)[0] for item in items]
