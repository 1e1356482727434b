"""Holds template.yaml, the stacks within it and samconfig.toml to what the code relies on. Needs PyYAML, no AWS.

Prints one line for each broken rule and exits 1 if there is any. The rules are in template_rules/.
"""

import sys

from template_rules import access, delivery, functions, monitoring, stores
from template_rules.document import Template, read_all


def broken_rules(files):
    """Every broken rule of these files, as one line each."""
    template = Template(files)
    sources = template.sources()
    for check in (
        functions.check_functions,
        functions.check_times,
        functions.check_variables,
        access.check_permissions,
        monitoring.check_alarms,
        monitoring.check_dashboard,
        delivery.check_outputs,
    ):
        yield from check(template, sources)
    for check in (
        access.check_poller,
        stores.check_tables,
        stores.check_queues,
        monitoring.check_stacks,
        monitoring.check_access_log,
        delivery.check_config,
    ):
        yield from check(template)


def main():
    broken = list(broken_rules(read_all()))
    for rule in broken:
        print(rule)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
