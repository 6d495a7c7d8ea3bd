#!/usr/bin/env python3
"""Checks the links of every Markdown page in the repository: relative ones must lead to a file, and to a heading."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def anchors(page: pathlib.Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: dict[str, int] = {}
    names = set()
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for heading in re.findall(r"^#+ +(.+?) *$", text, flags=re.M):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = found.get(name, 0)
        found[name] = count + 1
        names.add(f"{name}-{count}" if count else name)
    names.update(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    return names


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    files = {name for name in listed.stdout.split("\0") if name}
    folders = {str(parent) for name in files for parent in pathlib.PurePath(name).parents}
    faults = 0
    # What a script fills in is no page.
    for name in sorted(name for name in files if name.endswith(".md") and not name.startswith("scripts/")):
        page = ROOT / name
        text = re.sub(r"```.*?```", lambda block: "\n" * block.group().count("\n"), page.read_text(), flags=re.S)
        for match in re.finditer(r"\]\(([^)\s]+)\)", text):
            target, _, anchor = match.group(1).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            path = (page.parent / target).resolve() if target else page
            relative = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else None
            line = text.count("\n", 0, match.start()) + 1
            if relative not in files and relative not in folders:
                print(f"{name}:{line}: {match.group(1)} leads to no file of the repository", file=sys.stderr)
                faults += 1
            elif anchor and path.suffix == ".md" and anchor not in anchors(path):
                print(f"{name}:{line}: {match.group(1)} leads to no heading", file=sys.stderr)
                faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
