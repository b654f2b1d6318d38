"""N+1 detection: how right it is on the labelled corpus, and what it adds to reading a log.

python -m benchmarks.nplus1                 precision, recall and parents named right, for each log format
python -m benchmarks.nplus1 --cost 1000     time and memory on a log of that many megabytes, with and without loops
python -m benchmarks.nplus1 --generated 1000 [--seed 7]   random programs that count their own loops, in every form of the log
python -m benchmarks.nplus1 --again 3       the cases of both sets run anew that often: how much their moments matter
"""

from __future__ import annotations

import argparse
import gzip
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from tabulate import tabulate

from advisor.twin.servers.server import Server, embedded_binaries
from tests.nplus1_corpus.evaluate import CORPUS, DATA, HELD_OUT, Corpus, findings, load, score


def accuracy(corpus: Corpus) -> None:
    """Print the table of precision and recall of one corpus."""
    with Server(embedded_binaries()) as server, server.connect() as connection:
        schema, statistics = load(connection, corpus)
    rows, details = [], []
    for log in (*corpus.same_run, corpus.default):
        result = score(findings(log, schema, statistics), corpus=corpus)
        rows.append([log, len(result.found), len(result.missed), len(result.false), result.precision, result.recall,
                     result.parent_accuracy])  # fmt: skip
        for word, keys in (("missed", result.missed), ("false", result.false), ("wrong parent", result.wrong_parent)):
            details += [f"{log}: {word}: {' on '.join(key)}" for key in keys]
    cases = corpus.labels()
    positive = sum(1 for case in cases if case["labels"])
    sys.stdout.write(f"{positive} positive cases, {len(cases) - positive} look-alikes\n\n")
    heads = ["log", "found", "missed", "false", "precision", "recall", "parent right"]
    sys.stdout.write(tabulate(rows, heads, floatfmt=".3f") + "\n")
    sys.stdout.write("".join(f"{line}\n" for line in details))
    loss = rows[0][5] - rows[-1][5]
    sys.stdout.write(f"\nrecall lost under the default prefix `%m [%p] `: {100 * loss:.1f} percentage points\n")


def again(times: int) -> None:
    """Run all cases anew and print precision and recall of each run; nothing is kept."""
    from tests.nplus1_corpus import generate, held_out_cases
    from tests.nplus1_corpus.registry import REGISTRY

    rows = []
    for number in range(times):
        for corpus, registry in ((CORPUS, REGISTRY), (HELD_OUT, held_out_cases.HELD_OUT)):
            with tempfile.TemporaryDirectory() as folder:
                made = corpus.elsewhere(Path(folder))
                generate.make(made, registry, generate.tables() if corpus is CORPUS else corpus.schema.read_text())
                with Server(embedded_binaries()) as server, server.connect() as connection:
                    catalog = load(connection, made)
                for log in (made.same_run[0], made.default):
                    result = score(findings(log, *catalog, corpus=made), corpus=made)
                    missed = ", ".join(key[1] for key in (*result.missed, *result.false))
                    rows.append([number + 1, log, result.precision, result.recall, result.parent_accuracy, missed])
    heads = ["run", "log", "precision", "recall", "parent right", "missed or false"]
    sys.stdout.write(tabulate(rows, heads, floatfmt=".3f") + "\n")


def generated(count: int, seed: int, keep: Path | None) -> None:
    """Run that many random programs and print how well what is found agrees with what they counted."""
    from tests.nplus1_corpus.evaluate import catalog as catalog_of
    from tests.nplus1_corpus.generated import counters, render, run, score

    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        made = run.generate(count, seed, folder)
        with Server(embedded_binaries()) as server, server.connect() as connection:
            connection.execute((folder / "schema.sql").read_bytes())
            catalog = catalog_of(connection)
        sys.stdout.write(f"{count} programs, seed {seed}, {len(made.facts)} loops\n\n")
        rows, listed = [], []
        for name, text in render.forms(made):
            path = folder / f"{name}.log"
            path.write_text(text())
            found = score.findings(score.contexts(path, catalog))
            result = score.score(found, made.facts, applications=name != "default")
            rows.append([name, len(result.found), len(result.missed), len(result.false), *result.figures])
            listed += [[name, *cell, cell[2] / cell[3]] for cell in score.cells(result)] if name == "full" else []
        result = counters.score(folder / "statements.csv", catalog, made.facts)
        rows.append(["counters", len(result.found), len(result.missed), len(result.false), *result.figures[:2], None])
    heads = ["form", "found", "missed", "false", "precision", "recall", "parents"]
    sys.stdout.write(tabulate(rows, heads, floatfmt=".3f") + "\n\n")
    sys.stdout.write(tabulate(listed, ["form", "by", "value", "found", "loops", "recall"], floatfmt=".3f") + "\n")


def make_log(path: Path, megabytes: int) -> int:
    """Write the corpus' log again and again, each time a day later, and return its size in bytes."""
    log = gzip.decompress((DATA / "corpus.log.gz").read_bytes())
    day, first = date(2020, 1, 1), log[:10]
    with path.open("wb") as target:
        while target.tell() < megabytes * 1_000_000:
            target.write(
                log.replace(b"\n" + first, b"\n" + day.isoformat().encode()).replace(first, day.isoformat().encode(), 1)
            )
            day += timedelta(days=1)
        return target.tell()


def measure(path: str, *, loops: bool) -> None:
    """Read a log in this process and print seconds and peak memory; without loops, units of work are left out."""
    from advisor.workload.collect import collect
    from advisor.workload.engines.sessions import BlockLoops, BlockSteps

    if not loops:
        BlockSteps.find = lambda self, coded: BlockLoops()  # type: ignore[method-assign]
    begin = time.process_time()
    workload = collect([path], jobs=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{time.process_time() - begin} {peak} {len(workload.loops)}\n")


def cost(megabytes: int) -> None:
    """Print what loops add, on one core, the better of two runs each."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.log"
        size = make_log(path, megabytes) / 1e6
        for name, flag in (("without loops", "--without-loops"), ("with loops", "--with-loops")):
            runs = [
                subprocess.run(
                    [sys.executable, "-m", "benchmarks.nplus1", "--measure", str(path), flag],
                    capture_output=True, text=True, check=True,
                ).stdout.split()
                for _ in range(2)
            ]  # fmt: skip
            seconds, peak, loops = min((float(run[0]), float(run[1]), int(run[2])) for run in runs)
            rows.append([name, size, seconds, size / seconds, peak, loops])
    heads = ["run", "MB", "CPU seconds", "MB/s", "peak MB", "kinds of loop"]
    sys.stdout.write(tabulate(rows, heads, floatfmt=".1f") + "\n")
    sys.stdout.write(f"\nloops add {100 * (rows[1][2] / rows[0][2] - 1):.0f} % to the time of reading\n")


def main() -> None:
    """Read the command line and run what it asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--cost", type=int, metavar="MB", help="measure time and memory on a log of this size")
    parser.add_argument("--generated", type=int, metavar="N", help="run this many random programs and score each form")
    parser.add_argument("--seed", type=int, help="of the programs; a fresh one unless given")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the logs of the random programs here")
    parser.add_argument("--again", type=int, metavar="TIMES", help="run the cases anew and score each run")
    parser.add_argument("--measure", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--with-loops", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--without-loops", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure, loops=not given.without_loops)
    elif given.cost:
        cost(given.cost)
    elif given.generated:
        generated(given.generated, random.randrange(10**6) if given.seed is None else given.seed, given.keep)
    elif given.again:
        again(given.again)
    else:
        sys.stdout.write("The corpus the detector was made with\n\n")
        accuracy(CORPUS)
        sys.stdout.write("\nCases held out, in other styles; its first run on them is in docs/benchmarks.md\n\n")
        accuracy(HELD_OUT)


if __name__ == "__main__":
    main()
