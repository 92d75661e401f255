"""What teams write themselves: a loop over hvac, the Python client, on one connection.

hvac_loop.py apply LIST   sends the writes of a list of the reference
hvac_loop.py check LIST   reads each of them back, and compares the fields that the list has
"""

import json
import os
import sys

import hvac


def writes(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            words = line.rstrip("\n").split(" ", 2)
            if words[0] == "POST":
                yield words[1], json.loads(words[2])


def main():
    verb, path = sys.argv[1:]
    client = hvac.Client(url=os.environ["VAULT_ADDR"], token=os.environ["VAULT_TOKEN"])
    different = 0
    for target, fields in writes(path):
        method = target.startswith("sys/auth/")
        if verb == "apply":
            client.write_data(target, data=fields)
        elif not method:
            answer = client.read(target)["data"]
            different += any(answer.get(name) != value for name, value in fields.items())
    if different:
        sys.exit(f"hvac_loop: {different} differ")


main()
