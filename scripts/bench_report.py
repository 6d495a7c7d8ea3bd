"""Writes docs/benchmarks.md and its plots from what `scripts/bench.sh` has measured.

Usage: bench_report.py RESULTS DOCS
"""

import json
import pathlib
import statistics
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

# The same bytes for the same figures.
matplotlib.rcParams["svg.hashsalt"] = "clockwork"
COLOURS = {"floor": "#7a7a7a", "pod": "#0a6ebd"}

# scenario, figure, what it is called, its target: a word for people and a test of (pod's median, ratio to the floor).
ROWS = [
    ("throughput", "perSecond", "in → out, due already, records/s", "≥ 60,000 and ≥ 0.5 × floor",
     lambda value, ratio: value >= 60_000 and ratio >= 0.5),
    ("throughput", "processorUs", "the pod's processor time per schedule, µs", "≤ 2 × floor",
     lambda value, ratio: ratio <= 2),
    ("creates", "perSecond", "creates for the future, persisted, records/s", "≥ 50,000",
     lambda value, ratio: value >= 50_000),
    ("lateness-2k", "p50", "lateness at 2,000/s, p50, ms", "≤ 1.5 × floor", lambda value, ratio: ratio <= 1.5),
    ("lateness-2k", "p99", "lateness at 2,000/s, p99, ms", "≤ 1.5 × floor", lambda value, ratio: ratio <= 1.5),
    ("lateness-20k", "p50", "lateness at 20,000/s, p50, ms", "≤ 1.5 × floor", lambda value, ratio: ratio <= 1.5),
    ("lateness-20k", "p99", "lateness at 20,000/s, p99, ms", "≤ 1.5 × floor", lambda value, ratio: ratio <= 1.5),
    ("burst-20k", "lastAfterMs", "20,000 due in one millisecond: the last after, ms", "≤ 1.5 × floor",
     lambda value, ratio: ratio <= 1.5),
    ("burst-200k", "lastAfterMs", "200,000 due in one millisecond: the last after, ms", "≤ 1.5 × floor",
     lambda value, ratio: ratio <= 1.5),
    ("pending-10m", "memoryReadyMB", "10,000,000 pending: memory when ready, MB", "≤ 300",
     lambda value, ratio: value <= 300),
    ("pending-10m", "memoryMB", "10,000,000 pending: memory at most, MB", "≤ 300", lambda value, ratio: value <= 300),
    ("pending-10m", "readyMs", "10,000,000 pending: ready after, ms (3,000 of it is the local cluster's)", "≤ 5,000",
     lambda value, ratio: value <= 5_000),
    ("idle", "corePercent", "idle with 64 partitions, % of a core", "≤ 1", lambda value, ratio: value <= 1),
    # Pages of files, code among them, are clean: the host takes them back when it wants to, and pods share them.
    ("idle", "anonymousMB", "idle with 64 partitions, anonymous memory (RssAnon), MB", "≤ 15",
     lambda value, ratio: value <= 15),
]


def lines(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def value_of(run, figure):
    if figure.startswith("p") and figure[1:].replace(".", "").isdigit():
        if "latenessMs" not in run:
            return None
        return run["latenessMs"][run["percentiles"].index(float(figure[1:]))]
    return run.get(figure)


def values(runs, scenario, subject, figure):
    found = [value_of(run, figure) for run in runs if run["scenario"] == scenario and run["subject"] == subject]
    return sorted(value for value in found if value is not None)


def text(value):
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.1f}".rstrip("0").rstrip(".") if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def pod_table(runs):
    rows = ["| what | floor | pod | pod's least…most | ratio | aim | |", "| --- | ---: | ---: | --- | ---: | --- | --- |"]
    for scenario, figure, name, aim, test in ROWS:
        pod = values(runs, scenario, "pod", figure)
        if not pod:
            continue
        floor = values(runs, scenario, "floor", figure)
        median = statistics.median(pod)
        base = statistics.median(floor) if floor else None
        ratio = median / base if base else None
        reached = test(median, ratio) if ratio is not None or "floor" not in aim else None
        verdict = "reached" if reached else "not reached"
        if ratio is not None and ratio < 0.2 and "≤" in aim:
            # A floor that is far above the pod is no floor.
            verdict = "see below"
        rows.append(
            f"| {name} | {text(base) if base else ''} | {text(median)} | {text(pod[0])}…{text(pod[-1])} "
            f"| {text(ratio) if ratio else ''} | {aim} | {verdict} |"
        )
    return "\n".join(rows)


def merged(rows):
    """One row for each benchmark: the medians of its runs, and the least and most of all."""
    by_name = {}
    for row in rows:
        by_name.setdefault(row["benchmark"], []).append(row)
    out = []
    for name, runs in by_name.items():
        row = {"benchmark": name}
        if "nsPerOperation" in runs[0]:
            of = [run["nsPerOperation"] for run in runs]
            row["nsPerOperation"] = {
                "median": statistics.median(ns["median"] for ns in of),
                "least": min(ns["least"] for ns in of),
                "most": max(ns["most"] for ns in of),
            }
        else:
            row |= {key: statistics.median(run[key] for run in runs) for key in runs[0] if key != "benchmark"}
        out.append(row)
    return out


def micro_table(rows):
    out = ["| what | ns per operation | least…most |", "| --- | ---: | --- |"]
    for row in rows:
        if "nsPerOperation" in row:
            ns = row["nsPerOperation"]
            out.append(f"| {row['benchmark']} | {text(ns['median'])} | {text(ns['least'])}…{text(ns['most'])} |")
    return "\n".join(out)


def other_table(rows):
    out = ["| what | figure |", "| --- | --- |"]
    for row in rows:
        if "nsPerOperation" in row:
            continue
        figures = ", ".join(f"{name} {text(value)}" for name, value in row.items() if name != "benchmark")
        out.append(f"| {row['benchmark']} | {figures} |")
    return "\n".join(out) if len(out) > 2 else ""


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def plot_lateness(runs, path):
    figure, all_axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axes, (scenario, title) in zip(all_axes, [("lateness-2k", "2,000 a second"), ("lateness-20k", "20,000 a second")]):
        for subject in ("floor", "pod"):
            curves = [run for run in runs if run["scenario"] == scenario and run["subject"] == subject]
            if not curves:
                continue
            shares = [share for share in curves[0]["percentiles"] if 0 < share < 100]
            medians = [statistics.median(value_of(run, f"p{share:g}") for run in curves) for share in shares]
            axes.plot([1 / (1 - share / 100) for share in shares], medians, marker="o", markersize=3,
                      color=COLOURS[subject], label=subject)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks([2, 10, 100, 1_000, 10_000], ["50", "90", "99", "99.9", "99.99"])
        axes.set_xlabel("percentile")
        axes.set_title(title)
        axes.grid(alpha=0.3, which="both")
    all_axes[0].set_ylabel("late by, ms")
    all_axes[0].legend()
    save(figure, path)


def plot_pending(runs, figure_name, label, path, limit=None):
    sizes = {"pending-100k": 1e5, "pending-1m": 1e6, "pending-10m": 1e7}
    points = [(size, values(runs, name, "pod", figure_name)) for name, size in sizes.items()]
    points = [(size, statistics.median(found)) for size, found in points if found]
    figure, axes = plt.subplots(figsize=(5, 3.2))
    axes.plot(*zip(*points), marker="o", color=COLOURS["pod"])
    if limit:
        axes.axhline(limit, color=COLOURS["floor"], linestyle="--")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("pending schedules")
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
    save(figure, path)


def main():
    results, docs = map(pathlib.Path, sys.argv[1:])
    runs = lines(results / "pod.jsonl")
    micro = merged(lines(results / "micro.jsonl"))
    images = docs / "images"
    images.mkdir(exist_ok=True)
    plot_lateness(runs, images / "lateness.svg")
    plot_pending(runs, "memoryMB", "memory at most, MB", images / "memory-pending.svg", limit=300)
    plot_pending(runs, "perSecond", "requests through a second", images / "throughput-pending.svg")
    machine = dict(line.split("=", 1) for line in (results / "machine").read_text().splitlines())
    page = (pathlib.Path(__file__).parent / "bench_page.md").read_text()
    parts = ("processor", "memory", "kernel", "swift", "librdkafka")
    page = page.replace("{{machine}}", ", ".join(machine[name] for name in parts))
    page = page.replace("{{date}}", machine["date"])
    page = page.replace("{{pod}}", pod_table(runs))
    page = page.replace("{{micro}}", micro_table(micro))
    page = page.replace("{{others}}", other_table(micro))
    early = sum(run.get("early", 0) for run in runs)
    repeated = sum(run.get("repeated", 0) for run in runs if run["subject"] == "pod")
    missing = sum(run.get("missing", 0) + run.get("missingThen", 0) for run in runs if run["subject"] == "pod")
    page = page.replace("{{wrong}}", f"{early:.0f} early, {repeated:.0f} repeated, {missing:.0f} missing")
    (docs / "benchmarks.md").write_text(page)


main()
