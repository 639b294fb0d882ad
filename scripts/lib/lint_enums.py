"""lint_enums.py COMPILE_COMMANDS...: prints where a value that is not of the enum is used as one.

Compiles each file of the product once more, without output, with the warnings of -Wc++-compat, and keeps of them
those about enums. A file that several presets build is looked at once, in the first that has it.
"""
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

PRODUCT = ("ksp/", "service/", "installer/")


def commands(paths, root):
    """The compiler's arguments by source file."""
    found = {}
    for path in paths:
        if not os.path.exists(path):
            print(f"{path}: not configured")
            continue
        with open(path, encoding="utf-8") as file:
            for entry in json.load(file):
                name = os.path.relpath(entry["file"], root)
                if name.endswith(".c") and name.startswith(PRODUCT):
                    found.setdefault(name, (shlex.split(entry["command"]), entry["directory"]))
    return found


def findings(item):
    name, (arguments, directory) = item
    output = arguments.index("-o")
    arguments = arguments[:output] + arguments[output + 2:]
    arguments += ["-fsyntax-only", "-Wc++-compat", "-Wno-error"]
    result = subprocess.run(arguments, cwd=directory, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return [f"{name}: does not compile"]
    return [line for line in result.stderr.splitlines()
            if "enum " in line.partition("warning:")[2]]


def main():
    root = os.getcwd()
    found = commands(sys.argv[1:], root)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for lines in pool.map(findings, sorted(found.items())):
            for line in lines:
                print(line.replace(root + "/", ""))


if __name__ == "__main__":
    main()
