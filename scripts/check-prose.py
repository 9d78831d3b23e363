#!/usr/bin/env python3
"""Checks prose: lines of at most 100 columns in comments and pages, no word that reads as translated, no broken link,
and the table that scripts/scaling-model.py prints.

With --wrap, long paragraphs of comments and pages are wrapped instead. Tables, code and generated pages stay as they are.
"""
import re
import subprocess
import sys
import textwrap
from pathlib import Path

COLUMNS = 100
# Word by word: what not to write, and what to write for it.
WORDS = {
    r"gives? back": "returns, releases", r"planes ahead|PlanesAhead": "prefetch",
    r"by signs\b|signed sums": "split by sign", r"image lanes": "batch-innermost layout",
    r"\blends\b": "calls `body` with", r"\blosers\b": "removed channels",
    r"the lowest go\b": "the lowest-ranked are removed", r"g(oes|one|o|oing) on from": "resumes from",
    r"made good": "is repeated", r"left alone": "unchanged", r"\bso many \w+": "the given number of",
    r"most kept\b": "recomputation threshold", r"\b[Pp]ieces?\b": "block, chunk, range of tiles",
    r"\bjudge[ds]?\b": "scored", r"\btold\b(?! apart)": "announced", r"\b[Ff]etch(ed|ing)\b": "prefetched",
    r"\b[Cc]omplain": "error, print an error", r"\bDiagnosis\b": "environment report",
    r"\b([Uu]n)?[Ss]eal(ed|ing)\b": "checksummed", r"\bask(s|ed|ing)? ahead\b": "prefetch",
}


def files(*patterns):
    """Of the repository, or of a copy of it without its history."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], capture_output=True, text=True)
    paths = listed.stdout.split("\0")[:-1] or [
        str(path) for pattern in patterns for path in sorted(Path(".").rglob(pattern))
        if not any(part.startswith(".") for part in path.parts)]
    # A file may be removed from the folder alone.
    return [path for path in paths if not path.endswith(".pb.swift") and Path(path).exists()]


def wrapped(text, first, rest):
    # Code stays on one line where it fits.
    text = re.sub(
        r"`[^`]*`", lambda code: code.group().replace(" ", "\0") if len(code.group()) < 70 else code.group(), text)
    lines = textwrap.wrap(
        text, COLUMNS, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def indent_of(text):
    """Of the lines after the first one of an item, as `- name: text` or `1. text`."""
    item = re.match(r"(\s*(?:[-*]|\d+\.) )", text)
    return len(item.group(1)) if item else len(text) - len(text.lstrip())


def paragraphs(lines):
    """Lines that belong together, as lists; each item of a list begins one."""
    group = []
    for line in lines:
        if group and (not line.strip() or re.match(r"\s*([-*]|\d+\.) ", line) or indent_of(group[0]) > 0
                      and not line.startswith(" ")):
            yield group
            group = []
        if line.strip():
            group.append(line)
        else:
            yield [line]
    if group:
        yield group


def wrap_block(lines, prefix):
    result, verbatim = [], False
    for group in paragraphs(lines):
        fences = sum(line.strip().startswith("```") for line in group)
        verbatim ^= fences % 2 == 1
        fits = all(len(prefix + line) <= COLUMNS and line.count("`") % 2 == 0 for line in group)
        # Columns of a table without lines stay, too.
        literal = group[0].startswith("    ") or group[0].lstrip().startswith("|") or "   " in group[0].strip()
        if fits or fences or verbatim or literal:
            result += [(prefix + line).rstrip() for line in group]
            continue
        text = " ".join(line.strip() for line in group)
        first = len(group[0]) - len(group[0].lstrip())
        result += wrapped(text, prefix + " " * first, prefix + " " * indent_of(group[0]))
    return result


def wrap_comments(text):
    result, block, prefix = [], [], None

    def flush():
        nonlocal block
        if block:
            result.extend(wrap_block(block, prefix))
        block = []

    for line in text.split("\n"):
        match = re.match(r"^(\s*(?:///|//))(?: (.*))?$", line)
        if match and "swift-format-ignore" not in line and "swift-tools-version" not in line:
            head = match.group(1) + " "
            if block and head != prefix:
                flush()
            prefix = head
            block.append(match.group(2) or "")
        else:
            flush()
            result.append(line)
    flush()
    return "\n".join(result)


def wrap_page(text):
    result, block, fenced = [], [], False

    def flush():
        nonlocal block
        result.extend(wrap_block(block, ""))
        block = []

    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        if fenced or fence or line.startswith(("|", "#", "<", "![", "    ")):
            flush()
            result.append(line)
            fenced ^= fence
        else:
            block.append(line)
    flush()
    return "\n".join(result)


def prose(path, lines):
    """Numbers and texts of the lines that are prose."""
    fenced = False
    mark = "///?" if path.endswith((".swift", ".c", ".h", ".proto")) else "#"
    for number, line in enumerate(lines, 1):
        if path.endswith(".md"):
            fence = line.lstrip().startswith("```")
            fenced ^= fence
            if not (fenced or fence or line.startswith(("|", "<", "![", "    "))):
                yield number, line
        elif comment := re.match(rf"^\s*(?:{mark}) ?(.*)", line):
            fence = comment.group(1).startswith("```")
            fenced ^= fence
            if not (fenced or fence or comment.group(1).startswith("    ")):
                yield number, line
        else:
            fenced = False


def titles(text):
    """Numbers of the lines where the names of tests and suites begin, and the names."""
    for match in re.finditer(r'@(?:Test|Suite)\(\s*"((?:[^"\\]|\\.)*)"', text):
        yield text.count("\n", 0, match.start(1)) + 1, match.group(1)


def anchors(path):
    """Of the headings of a page, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", Path(path).read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", Path(path).read_text(), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?[^)]*\)", text):
        file = Path(path).parent / target if target else Path(path)
        if target.startswith("http"):
            continue
        if not file.exists():
            yield f"{path}: the link to {target} leads nowhere"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield f"{path}: there is no heading #{anchor} in {file}"


def problems(path):
    if path.endswith(".md"):
        yield from broken_links(path)
    text = Path(path).read_text()
    lines = list(prose(path, text.split("\n")))
    for number, line in lines:
        # A single long word, such as an address, cannot be wrapped.
        if len(line) > COLUMNS and len(line.strip().split()) > 2:
            yield f"{path}:{number}: {len(line)} columns, more than {COLUMNS}"
    names = titles(text) if path.startswith("Tests/") else []
    for number, line in [*lines, *names]:
        for pattern, better in WORDS.items():
            if found := re.search(pattern, line):
                yield f"{path}:{number}: `{found.group()}`; say {better}"


def stale_tables():
    page, script = "docs/scaling.md", "scripts/scaling-model.py"
    printed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
    if f"\n\n{printed}\n" not in Path(page).read_text():
        yield f"{page}: the table is not what {script} prints"


def main():
    paths = files("*.md", "*.swift", "*.c", "*.h")
    others = files(
        "*.proto", "*.sh", "*.py", "Makefile", "Containerfile", ".ci/run", "experiments/*.yaml", "experiments/*/*.yaml")
    if sys.argv[1:] == ["--wrap"]:
        for path in paths:
            text = Path(path).read_text()
            new = wrap_page(text) if path.endswith(".md") else wrap_comments(text)
            if new != text:
                Path(path).write_text(new)
        return
    found = [problem for path in paths + others for problem in problems(path)] + list(stale_tables())
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
