"""What the rules read: the template with its nested stacks, and the Rust code."""

import functools
import itertools
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATE = "template.yaml"
CONFIG = "samconfig.toml"

# Functions that no vendor calls.
SWEEPER, POLLER = "sweeper", "channeltalk-poll"
# What stands for the stack's name where a name is put together.
STACK = "STACK"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
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


@functools.cache
def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def read_all():
    """Every file that the rules are about, by its path."""
    paths = [TEMPLATE, CONFIG, *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "functions").glob("*.yaml")))]
    return {path: read(path) for path in paths}


# What only the operator's commands call, with the operator's own rights.
OPERATORS_CODE = {"shared/pipeline/src/aws/dead.rs"}


@functools.cache
def product_code(*folders):
    """The functions' Rust code in these folders, file by file, up to its unit tests, without comments."""
    texts = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.rs")):
            name = path.relative_to(ROOT)
            if "tests" in name.parts or path.name == "tests.rs" or name.as_posix() in OPERATORS_CODE:
                continue
            text = path.read_text(encoding="utf-8").split("#[cfg(test)]", 1)[0]
            texts.append(re.sub(r"^\s*//.*$", "", text, flags=re.M))
    return texts


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


def words(value):
    """Every text within a value, keys among them."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from words(key)
            yield from words(each)
    elif isinstance(value, list):
        for each in value:
            yield from words(each)
    elif isinstance(value, str):
        yield value


def resolve(value, names, holds=True):
    """The value with names filled in; what is not among them stands as <its logical name>.

    Every condition is taken to hold or not, as told.
    """
    known = lambda name: names.get(name, f"<{name}>")  # noqa: E731
    if isinstance(value, list):
        return [resolve(each, names, holds) for each in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return known(value["Ref"])
    if "Fn::GetAtt" in value:
        return f"<{value['Fn::GetAtt'][0]}>"
    if "Fn::If" in value:
        return resolve(value["Fn::If"][1 if holds else 2], names, holds)
    if "Fn::Sub" in value:
        text, own = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else (value["Fn::Sub"], {})
        names = {**names, **resolve(own, names, holds)}
        text = re.sub(r"\$\{([\w:.]+)\}", lambda found: str(names.get(found[1], f"<{found[1]}>")), text)
        return text.replace("${!", "${")
    return {key: resolve(each, names, holds) for key, each in value.items()}


class Template:
    """template.yaml, the stacks within it, and SAM's configuration."""

    def __init__(self, files):
        self.files = files
        self.document = yaml.load(files[TEMPLATE], Loader)
        self.resources = self.document["Resources"]
        self.globals = self.document["Globals"]["Function"]
        self.parameters = self.document.get("Parameters", {})
        self.outputs = self.document.get("Outputs", {})
        self.config = tomllib.loads(files[CONFIG])
        self.nested = {path: yaml.load(text, Loader) for path, text in files.items() if path not in (TEMPLATE, CONFIG)}

    def of_type(self, kind):
        return {name: each for name, each in self.resources.items() if each["Type"] == kind}

    def properties(self, name):
        return self.resources[name]["Properties"]

    def stacks(self):
        """(logical name, path, parameters) of every stack within this one."""
        for name, each in self.of_type("AWS::CloudFormation::Stack").items():
            given = resolve(each["Properties"].get("Parameters", {}), {"AWS::StackName": STACK})
            yield name, each["Properties"].get("TemplateURL"), given

    def functions(self):
        """Every function with the globals merged in, by the name of its binary."""
        functions = {}
        for logical, each in self.of_type("AWS::Serverless::Function").items():
            own = each["Properties"]
            merged = {**self.globals, **own, "LogicalId": logical}
            merged["Variables"] = {
                **self.globals.get("Environment", {}).get("Variables", {}),
                **own.get("Environment", {}).get("Variables", {}),
            }
            merged["Metadata"] = each.get("Metadata", {})
            functions[merged["Metadata"].get("BuildProperties", {}).get("Binary")] = merged
        return functions

    def sources(self):
        """Names of the functions that a vendor calls."""
        folders = (str(name) for name in self.functions() if name not in (SWEEPER, POLLER))
        return sorted(name for name in folders if (ROOT / "functions" / name).is_dir())

    def possible(self, value):
        """What a number may be: itself, or a parameter's default and its bounds."""
        if not isinstance(value, dict):
            return [value]
        parameter = self.parameters.get(target(value), {})
        return [parameter.get("Default"), parameter.get("MinValue"), parameter.get("MaxValue")]

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
