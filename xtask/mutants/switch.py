"""Mutation tests with one build for a whole crate.

cargo-mutants says what to change (`cargo mutants --list --json`); it builds and links anew for each of its mutants,
which is nearly all of the time that it takes. Here every mutated function gets a copy of its body for each mutant and
a `match` on a number that is read from the environment, so that one build holds all of them; the tests then run once for
each number. Mutants whose copy does not compile are found by the compiler's own messages and are left out: "unviable"
as cargo-mutants counts them. What can't be switched in this way (functions within functions) is listed as "unswitched".

    python3 xtask/mutants/switch.py CRATE --copy FOLDER --out RESULTS [--shard K/N] [--again RESULTS]

`cargo xtask mutants` calls it with what suits each crate. FOLDER holds a copy of the repository (`git clone`), whose sources are overwritten.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time

SWITCH = '''
/// The mutant that is to run, for xtask/mutants/switch.py.
#[doc(hidden)]
#[must_use]
pub fn mutant_switch() -> u32 {
    static NUMBER: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *NUMBER.get_or_init(|| std::env::var("DEMUR_MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(0))
}
'''


def offset(text, starts, place):
    """The offset of cargo-mutants' (line, column), both from 1, the column in characters."""
    return starts[place["line"] - 1] + place["column"] - 1


def unplaced(name):
    """A mutant's name without its line and column, which other changes move."""
    return re.sub(r":\d+:\d+:", ":", name)


def line_starts(text):
    return [0] + [m.end() for m in re.finditer("\n", text)]


def body_of(text, begin, end):
    """The offsets of the braces of the function whose span is begin..end."""
    signature = re.compile(r"\bfn\s+\w+").search(text, begin, end)
    at, depth = signature.end(), 0
    while True:
        c = text[at]
        if c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        elif c == "{" and depth == 0:
            break
        at += 1
    close = text.rindex("}", at, end)
    return signature.start(), at, close


def switched(text, functions):
    """The file with its functions switched; `functions`: list of (begin, end, [(number, from, to, replacement)])."""
    out = text
    for begin, end, mutants in sorted(functions, reverse=True):
        fn, left, right = body_of(text, begin, end)
        body = text[left + 1 : right]
        arms = []
        for number, frm, to, replacement in mutants:
            changed = text[left + 1 : frm] + replacement + " " + text[to:right]
            # The marks tell which mutant a message of the compiler is about.
            arms.append(f"\n{number} => {{ /*<{number}*/ {changed} /*{number}>*/ }}")
        head = text[begin:fn]
        head = re.sub(r"\bconst\s+(?=(unsafe\s+)?$)", "", head)
        new = f"{{ #[allow(unused, unreachable_code)] match crate::mutant_switch() {{{''.join(arms)}\n_ => {{{body}}}\n}} }}"
        out = out[:begin] + head + out[fn:left] + new + out[right + 1 :]
    return out


def compile_tests(folder, crate, optimise):
    command = ["cargo", "test", "--no-run", "--package", f"demur-{crate}", "--lib", "--tests", "--message-format=json"]
    env = dict(os.environ, CARGO_PROFILE_DEV_DEBUG="false")
    command += ["--config", f"profile.dev.package.demur-{crate}.opt-level={optimise}"] if optimise else []
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    errors, programs = [], {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-message" and message["message"]["level"] == "error":
            errors.append(message["message"])
        if message["reason"] == "compiler-artifact" and message.get("executable") and message["profile"]["test"]:
            programs[message["target"]["name"]] = (message["executable"], message["manifest_path"])
    return done.returncode == 0, errors, programs, done.stderr


def blamed(error, marks):
    """The mutants that a message is about: those in whose arms its primary spans lie."""
    found = set()
    for span in error["spans"]:
        if not span["is_primary"]:
            continue
        while span.get("expansion"):
            span = span["expansion"]["span"]
        for number, (file, begin, end) in marks.items():
            if span["file_name"] == file and begin <= span["byte_start"] <= end:
                found.add(number)
    return found


def marks_of(file, text):
    data = text.encode()
    return {
        int(m.group(1)): (file, m.start(), data.index(b"/*%s>*/" % m.group(1), m.end()))
        for m in re.finditer(rb"/\*<(\d+)\*/", data)
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("crate")
    parser.add_argument("--copy", required=True)
    parser.add_argument("--shard", default="0/1")
    parser.add_argument("--again", help="the --out of an earlier run: only what was missed then")
    parser.add_argument("--file", action="append", default=[])
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("--skip-test", default="")
    parser.add_argument("--order", default="", help="test programs to run first, by name")
    parser.add_argument("--leave-out", default="", help="test programs that are not run")
    parser.add_argument("--optimise", default="", help="the crate's opt-level")
    parser.add_argument("--timeout", type=int, default=60, help="seconds of the processor for one test program")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    folder = pathlib.Path(options.copy).resolve()
    listing = ["cargo", "mutants", "--list", "--json", "--package", f"demur-{options.crate}"]
    for file in options.file:
        listing += ["--file", file]
    for file in options.exclude:
        listing += ["--exclude", file]
    listed = json.loads(subprocess.run(listing, cwd=folder, capture_output=True, text=True, check=True).stdout)
    k, n = map(int, options.shard.split("/"))
    mutants = {i + 1: m for i, m in enumerate(listed) if i % n == k}
    if options.again:
        lines = map(json.loads, open(options.again))
        again = {unplaced(line["mutant"]) for line in lines if line["outcome"] == "missed"}
        mutants = {number: m for number, m in mutants.items() if unplaced(m["name"]) in again}
    print(f"{len(listed)} mutants, {len(mutants)} in this shard", flush=True)

    originals, left_out = {}, {}
    for m in mutants.values():
        file = m["file"]
        if file not in originals:
            originals[file] = (folder / file).read_text()
    lib = f"crates/{options.crate}/src/lib.rs"
    originals.setdefault(lib, (folder / lib).read_text())
    groups = collections.defaultdict(list)
    for number, m in mutants.items():
        span = m["function"]["span"] if m["function"] else None
        # The copies of a body that gives `impl Trait` would have as many types.
        if span is None or m["function"]["return_type"].startswith("-> impl"):
            left_out[number] = "unswitched"
            continue
        key = (m["file"], span["start"]["line"], span["start"]["column"], span["end"]["line"], span["end"]["column"])
        groups[key].append(number)
    # A function within another: the outer one's copies would hold the inner one's too.
    for key in list(groups):
        for other in groups:
            if other[0] == key[0] and other != key and other[1:3] <= key[1:3] and key[3:5] <= other[3:5]:
                for number in groups[key]:
                    left_out[number] = "unswitched"

    try:
        build = 0
        while True:
            build += 1
            texts = {}
            for file, text in originals.items():
                starts = line_starts(text)
                functions = []
                for key, numbers in groups.items():
                    if key[0] != file:
                        continue
                    begin = offset(text, starts, {"line": key[1], "column": key[2]})
                    end = offset(text, starts, {"line": key[3], "column": key[4]})
                    arms = []
                    for number in numbers:
                        if number in left_out:
                            continue
                        m = mutants[number]
                        frm = offset(text, starts, m["span"]["start"])
                        to = offset(text, starts, m["span"]["end"])
                        arms.append((number, frm, to, m["replacement"]))
                    if arms:
                        functions.append((begin, end, arms))
                texts[file] = switched(text, functions)
            texts[lib] += SWITCH
            for file, text in texts.items():
                (folder / file).write_text(text)
            began = time.time()
            fine, errors, programs, stderr = compile_tests(folder, options.crate, options.optimise)
            print(f"build {build}: {time.time() - began:.0f} s, {len(errors)} errors", flush=True)
            if fine:
                break
            marks = {}
            for file, text in texts.items():
                marks.update(marks_of(file, text))
            bad = set()
            for error in errors:
                bad |= blamed(error, marks)
            if not bad:
                for error in errors[:5]:
                    print(error["rendered"])
                print(stderr[-3000:])
                sys.exit("errors outside of mutants")
            for number in bad:
                left_out[number] = "unviable"
        run(options, folder, mutants, left_out, programs)
    finally:
        for file, text in originals.items():
            (folder / file).write_text(text)


def run(options, folder, mutants, left_out, programs):
    first = [name for name in options.order.split(",") if name]
    leave = [name for name in options.leave_out.split(",") if name]
    names = [name for name in programs if name not in leave]
    names.sort(key=lambda name: (first.index(name) if name in first else len(first), name))
    skips = [word for name in options.skip_test.split(",") if name for word in ("--skip", name)]

    def test(number):
        for name in names:
            program, manifest = programs[name]
            # Backtraces would take longer than the tests.
            env = dict(os.environ, DEMUR_MUTANT=str(number), CARGO_MANIFEST_DIR=str(pathlib.Path(manifest).parent), RUST_BACKTRACE="0")
            # Seconds of the processor: a busy machine makes no test endless.
            with subprocess.Popen(
                [program, "--quiet", *skips],
                cwd=pathlib.Path(manifest).parent,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (options.timeout, options.timeout + 1)),
            ) as done:
                # The first test that fails is enough.
                said = b""
                while some := done.stdout.read1():
                    said = said[-16:] + some
                    if b"FAILED" in said:
                        done.kill()
                        return "caught", name
            if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
                return "timeout", name
            if done.returncode != 0:
                return "caught", name
        return "missed", ""

    began = time.time()
    outcome, name = test(0)
    if outcome != "missed":
        sys.exit(f"without a mutant the tests already fail: {name}")
    print(f"without a mutant: {time.time() - began:.1f} s; {len(names)} test programs: {', '.join(names)}", flush=True)
    results = dict(left_out)
    out = open(options.out, "w")
    for number, m in mutants.items():
        where = ""
        if number not in results:
            results[number], where = test(number)
        print(json.dumps({"outcome": results[number], "by": where, "mutant": m["name"]}), file=out, flush=True)
        if results[number] in ("missed", "timeout", "unswitched"):
            print(f"{results[number]:10} {m['name']}", flush=True)
    count = collections.Counter(results.values())
    print(", ".join(f"{n} {outcome}" for outcome, n in sorted(count.items())), f"in {time.time() - began:.0f} s")


main()
