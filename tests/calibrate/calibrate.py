"""Measures what the machine underneath costs, and compares it with the model's defaults. See run.sh."""

import argparse
import math
import os
import re
import shutil
import signal
import sys
import tempfile

import measures
from server import Failed, Server

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
UNITS = {"SIM_US": "1000", "SIM_MS": "1000000", "SIM_SECOND": "1000000000"}


def number(text):
    """A constant of C as cost.c writes them: products and shifts of whole numbers and units."""
    text = re.sub(r"INT64_C\((\d+)\)", r"\1", text)
    for unit, ns in UNITS.items():
        text = text.replace(unit, ns)
    if not re.fullmatch(r"[0-9 *<()]+", text):
        raise Failed(f"sim/world/cost.c: \"{text}\" is no constant that this script can read")
    return eval(text)  # pylint: disable=eval-used


def defaults():
    """The model's own, by the language's names."""
    with open(os.path.join(ROOT, "sim/world/cost.c"), encoding="utf-8") as f:
        fields = dict(re.findall(r"^ +\.(\w+) = (.*),$", f.read(), re.M))
    with open(os.path.join(ROOT, "sim/world/wire.c"), encoding="utf-8") as f:
        fields["link * buffer"] = re.search(r"\.buffer = (.*),$", f.read(), re.M).group(1)
    fields["fsync_time"] = fields["fsync_time"].split(",")[1].strip()
    return {name.replace("_", "-"): number(text) for name, text in fields.items()}


def shown(value, unit):
    """As the scenario language writes it, with about three digits."""
    if unit == "ns":
        for name, ns in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
            if value >= ns:
                return f"{value / ns:.3g}{name}"
        return f"{value:.3g}ns"
    if unit == "bytes/s":
        return f"{value / 1e6:.0f}mb/s" if value >= 1e7 else f"{value / 1e3:.0f}kb/s"
    for name, size in (("gb", 1 << 30), ("mb", 1 << 20), ("kb", 1 << 10)):
        if value >= size:
            return f"{value / size:.3g}{name}"
    return f"{value:.0f}"


def conf_line(figure):
    """A line of a scenario. The language's rates and sizes are whole numbers."""
    value = figure.median
    if figure.unit == "ns":
        text = f"{value / 1e9:.9f}".rstrip("0") + "s" if value >= 1e9 else f"{value / 1e3:.3f}us"
    elif figure.unit == "bytes/s":
        text = f"{int(value / 1024)}kb/s"
    else:
        text = f"{round(value / 1024)}kb" if value >= 10240 else f"{round(value)}"
    if figure.cost == "cow-page":
        text = str(os.sysconf("SC_PAGE_SIZE"))
    return f"link {figure.cost[5:]} {text}" if figure.cost.startswith("link") else f"cost * {figure.cost} {text}"


def all_figures(quick, folder):
    """Yields (the measurement's name, its figures or its failure)."""
    for name, measure in (("fork-per-gb", lambda: measures.fork_time(quick)),
                          ("cow-page", lambda: measures.copied_pages(quick)),
                          ("save-rate and load-rate", lambda: measures.save_and_load(quick)),
                          ("load of a replica", lambda: measures.replica_load(quick)),
                          ("flush", lambda: measures.flush(quick)),
                          ("command-time", lambda: measures.command_time(quick)),
                          ("replication", lambda: measures.replication_feed(quick)),
                          ("disk", lambda: measures.disk(quick, folder)),
                          ("memory", measures.memory),
                          ("socket buffers", lambda: measures.socket_buffers(quick)),
                          ("cron-period", lambda: measures.cron_period(quick))):
        figures = measure()
        for figure in figures if isinstance(figures, list) else [figures]:
            if not math.isfinite(figure.median):
                raise Failed(f"{name}: not a number")
            yield figure


def row(figure, default):
    spread = f"{shown(figure.samples[0], figure.unit)}..{shown(figure.samples[-1], figure.unit)}"
    theirs = shown(default, figure.unit) if default else "-"
    ratio = f"{figure.median / default:.2f}" if default else "-"
    print(f"{figure.name:<54}{shown(figure.median, figure.unit):>10} {spread:>22} {len(figure.samples):>4} "
          f"{theirs:>10} {ratio:>6}  {figure.note}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tests/calibrate/run.sh", description="Measures the costs of this machine.")
    parser.add_argument("--quick", action="store_true", help="less exact, in a few seconds")
    parser.add_argument("--conf", action="store_true", help="end with the cost lines of a scenario")
    parser.add_argument("--server", default="redis-server", metavar="PATH", help="the server's program")
    parser.add_argument("--dir", metavar="FOLDER", help="where the servers' folders are made")
    parser.add_argument("--port", type=int, help="the first port to use (default: any)")
    options = parser.parse_args()
    if not shutil.which(options.server):
        print(f"{options.server}: not found (Debian: apt install redis-server)", file=sys.stderr)
        return 3
    Server.program, Server.parent_folder, Server.first_port = options.server, options.dir, options.port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))  # leaves the with blocks: the servers end
    print(f"{'cost':<54}{'measured':>10} {'least..most':>22} {'n':>4} {'default':>10} {'ratio':>6}  note")
    model, lines = defaults(), []
    folder = tempfile.mkdtemp(prefix="detsim-calibrate-", dir=options.dir)
    try:
        for figure in all_figures(options.quick, folder):
            row(figure, model[figure.cost] if figure.cost else None)
            if figure.cost:
                lines.append(conf_line(figure))
    except (Failed, OSError) as error:
        print(f"tests/calibrate/run.sh: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 3
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.conf:
        print("\n# This machine, for a scenario:\n" + "\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
