"""The measurements, one function a cost. Each returns Figures, or a list of them: what was measured, in the unit of the
scenario language. `quick` means less data and fewer repetitions, not another method."""

import os
import re
import signal
import statistics
import time

from server import Client, Failed, Server, encode

GIB = 1 << 30
MS = 1e6  # times are in ns


class Figure:
    """Samples of one thing, in one unit. `cost` is the language's name, or None for what the language does not have."""

    def __init__(self, name, unit, samples, note="", cost=None):
        self.name, self.unit, self.note, self.cost = name, unit, note, cost
        self.samples = sorted(float(s) for s in samples)
        if not self.samples:
            raise Failed(f"{name}: no sample")

    @property
    def median(self):
        return statistics.median(self.samples)


def slope(points):
    """Least squares through (x, y): the slope and where x is 0."""
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    by_x = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return by_x, mean_y - by_x * mean_x


# --- fork and what it copies ------------------------------------------------------------------------------------------


def fork_time(quick):
    """latest_fork_usec over used_memory: the slope of several sizes, each the least of a few forks (what disturbs a fork
    only makes it longer)."""
    megabytes, times = ([16, 48, 96], 4) if quick else ([64, 128, 256, 512, 1024], 7)
    rounds = [[] for _ in range(times)]
    with Server() as s:
        keys = 0
        for size in megabytes:
            keys = size * 1000
            s.ask("DEBUG", "POPULATE", keys, "key", 900)
            used = int(s.info()["used_memory"])
            for i in range(times):
                s.ask("BGSAVE")
                rounds[i].append((used, int(s.info()["latest_fork_usec"])))
                s.kill_child()
    least = [(points[0][0], min(us for _, us in points)) for points in zip(*rounds)]
    by_byte, at_zero = slope(least)
    note = f"{used >> 20} MB took {least[-1][1]} us, {at_zero:.0f} us of it at any size"
    return Figure("fork-per-gb", "ns", [slope(r)[0] * GIB * 1000 for r in rounds] + [by_byte * GIB * 1000], note,
                  "fork-per-gb")


def copied_by(s, touched):
    """rdb_last_cow_size of a snapshot during which one byte of each of `touched` values was changed; the values are
    2,000 bytes, two to a page, and every 4th is touched, so each is on a page of its own."""
    s.ask("BGSAVE")
    s.client.exchange(b"".join(encode("SETRANGE", f"key:{4 * i}", 500, "x") for i in range(touched)), 7 * touched)
    in_time = s.info()["rdb_bgsave_in_progress"] == "1"
    copied = int(s.wait("rdb_bgsave_in_progress", "0")["rdb_last_cow_size"])
    return copied if in_time else copied_by(s, touched)  # a busy machine: the snapshot was over before


def copied_pages(quick):
    """Bytes that one touched page adds to rdb_last_cow_size, and what a fork adds that touches nothing."""
    keys, times = (4000, 1) if quick else (16000, 7)
    page, nothing = [], []
    with Server("--rdb-key-save-delay", str(600000 // keys)) as s:  # us: time to touch what is to be touched
        s.ask("DEBUG", "POPULATE", keys, "key", 2000)
        for _ in range(times):
            by_page, at_zero = slope([(n, copied_by(s, n)) for n in ((0, keys // 4) if quick else (0, keys // 8, keys // 4))])
            page.append(by_page)
            nothing.append(at_zero)
    kernel = os.sysconf("SC_PAGE_SIZE")
    return [Figure("cow-page", "bytes", page, f"the kernel's pages have {kernel}", "cow-page"),
            Figure("a fork that touches nothing adds to rdb_last_cow_size", "bytes", nothing)]


# --- saving and loading -----------------------------------------------------------------------------------------------


def child_cpu(s):
    info = s.info()
    return float(info["used_cpu_user_children"]) + float(info["used_cpu_sys_children"])


def value_sizes(quick):
    """(keys, bytes of a value): from small ones, where keys cost, to large ones, where bytes cost."""
    megabytes = 3 if quick else 64
    return [(megabytes * 1000000 // (size + 30), size) for size in ((16, 100, 1000) if quick else (16, 100, 1000, 10000))]


def save_and_load(quick):
    """CPU of a BGSAVE's child, and time of the load at the restart that follows, for each byte of the RDB."""
    times = 2 if quick else 5
    save, load, sizes = {}, {}, []
    for keys, size in value_sizes(quick):
        save[size], load[size] = [], []
        with Server("--rdbcompression", "no") as s:
            s.ask("DEBUG", "POPULATE", keys, "key", size)
            for _ in range(times):
                before = child_cpu(s)
                s.ask("BGSAVE")
                s.wait("rdb_bgsave_in_progress", "0")
                rdb = os.path.getsize(os.path.join(s.folder, "dump.rdb"))
                save[size].append((child_cpu(s) - before, rdb))
                s.kill()
                s.start()
                s.wait("loading", "0")
                seconds = float(re.findall(r"DB loaded from disk: ([0-9.]+) seconds", s.log())[-1])
                load[size].append((max(seconds, 0.001), rdb))
        sizes.append(keys)
    return rates("save", save, sizes) + rates("load", load, sizes)


def rates(verb, by_size, keys_of):
    """The language has a time for each key and a rate for its bytes: the straight line through values of 16 and of 1,000
    bytes, one for each repetition."""
    note = " · ".join(f"{size}: {statistics.median(b / t for t, b in samples) / 1e6:.0f}"
                      for size, samples in by_size.items())
    keys, rates_ = [], []
    for small, large in zip(by_size[16], by_size[1000]):
        lines = [(b / n, t / n) for (t, b), n in ((small, keys_of[0]), (large, keys_of[2]))]
        by_byte, by_key = slope(lines)
        keys.append(max(by_key * 1e9, 0.1))
        rates_.append(1 / max(by_byte, 1e-12))
    return [Figure(f"{verb}-key", "ns", keys, cost=f"{verb}-key"),
            Figure(f"{verb}-rate", "bytes/s", rates_, f"both together, MB/s by size of value: {note}", f"{verb}-rate")]


def replica_load(quick):
    """What a replica's load of the received file takes, by the words of its log."""
    keys, times = (20000, 2) if quick else (400000, 5)
    samples = []
    with Server("--rdbcompression", "no", "--repl-diskless-sync", "no") as m:
        m.ask("DEBUG", "POPULATE", keys, "key", 100)
        for _ in range(times):
            with Server("--replicaof", f"127.0.0.1 {m.port}") as r:
                r.wait("master_link_status", "up")
                rdb = os.path.getsize(os.path.join(r.folder, "dump.rdb"))
                samples.append(rdb / max(log_ms_between(r.log(), "Loading DB in memory", "Done loading RDB"), 1) * 1000)
    return Figure("load of a replica, keys and bytes together", "bytes/s", samples, "values of 100 bytes")


def log_ms_between(log, first, last):
    def at(words):
        found = re.findall(r"(\d+):(\d+):(\d+)\.(\d+) \S " + r"[^\n]*" + re.escape(words), log)
        h, m, s, ms = (int(x) for x in found[-1])
        return ((h * 60 + m) * 60 + s) * 1000 + ms
    return (at(last) - at(first)) % 86400000


def flush(quick):
    """FLUSHALL of small keys, as a replica does before it loads: CPU of the server for each key."""
    keys, times = (20000, 3) if quick else (500000, 5)
    samples = []
    with Server() as s:
        for _ in range(times):
            s.ask("DEBUG", "POPULATE", keys, "key", 100)
            before = s.cpu()
            s.ask("FLUSHALL", "SYNC")
            samples.append(max(s.cpu() - before, 1e-6) / keys * 1e9)
    return Figure("flush-key", "ns", samples, cost="flush-key")


# --- commands ---------------------------------------------------------------------------------------------------------


def cpu_a_command(s, make, reply, count, pipeline):
    """ns of the server's CPU for one command, sent `pipeline` at a time on one connection. make(i) is the i-th command's
    words; every reply has the length of `reply`, or with None is a number (1 digit and more)."""
    batches = [b"".join(encode(*make(i)) for i in range(at, at + pipeline)) for at in range(0, count, pipeline)]
    client = Client(s.port)
    before = s.cpu()
    for batch in batches:
        client.exchange(batch, len(reply) * pipeline)
    used = s.cpu() - before
    client.close()
    return used / (len(batches) * pipeline) * 1e9


COMMANDS = {
    "SET": (lambda i: ("SET", f"load:set:{i * 7919 % 1000}", "v" * 16), b"+OK\r\n"),
    "GET": (lambda i: ("GET", f"load:set:{i * 7919 % 1000}"), b"$16\r\n" + b"v" * 16 + b"\r\n"),
    "INCR": (lambda i: ("SETBIT", f"load:incr:{i * 7919 % 1000}", 7, 1), b":1\r\n"),
    "HSET": (lambda i: ("HSET", f"load:hset:{i * 7919 % 1000}", f"f{i % 8}", "v" * 16), b":0\r\n"),
}


def command_time(quick):
    """CPU of one command in long pipelines, where the socket hardly counts; and one at a time, where it does."""
    count, times = (4000, 3) if quick else (60000, 7)
    figures, alone = [], []
    with Server() as s:
        for name, (make, reply) in COMMANDS.items():
            cpu_a_command(s, make, reply, 8000, 100)
            samples = [cpu_a_command(s, make, reply, count * 4, 100) for _ in range(times)]
            if name == "SET":
                figures.append(Figure("command-time", "ns", samples, "SET of 16 bytes, pipelines of 100", "command-time"))
            else:
                figures.append(Figure(f"command-time of {name}", "ns", samples))
        make, reply = COMMANDS["SET"]
        alone = [cpu_a_command(s, make, reply, count // 2, 1) for _ in range(times)]
        stats = re.search(r"usec_per_call=([0-9.]+)", s.info()["cmdstat_set"]).group(1)
    figures.append(Figure("command-time of SET by INFO commandstats", "ns", [float(stats) * 1000],
                          "the command alone: no parsing, no reply"))
    rest = [(a - figures[0].median) / 2 for a in alone]
    figures.append(Figure("socket-time", "ns", rest, "half of what a SET sent alone costs beside its command-time",
                          "socket-time"))
    return figures


def replication_feed(quick):
    """What a replica costs its master for each write: a share by command, and by byte."""
    count, times = (2000, 2) if quick else (20000, 5)
    figures = []
    with Server("--client-output-buffer-limit", "replica 0 0 0") as m:
        def cost(size):
            return statistics.median(
                cpu_a_command(m, lambda i: ("SET", f"k:{i % 1000}", "v" * size), b"+OK\r\n", count, 100)
                for _ in range(times))
        without = [cost(size) for size in (16, 4000)]
        with Server("--replicaof", f"127.0.0.1 {m.port}") as r:
            r.wait("master_link_status", "up")
            beside = [cost(size) for size in (16, 4000)]
    figures.append(Figure("replication: a write of 16 bytes to one replica", "ns", [max(beside[0] - without[0], 1)]))
    by_byte = (beside[1] - without[1] - (beside[0] - without[0])) / 3984
    figures.append(Figure("replication: a byte of the stream to one replica", "ns", [max(by_byte, 0.001)]))
    return figures


# --- the disk ---------------------------------------------------------------------------------------------------------


def disk(quick, folder):
    """Sequential writes that end on the disk, and fsync of one page more."""
    megabytes, rounds, syncs = (24, 2, 30) if quick else (256, 5, 300)
    block = os.urandom(1 << 20)
    rate, sync = [], []
    name = os.path.join(folder, "disk")
    for _ in range(rounds):
        fd = os.open(name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        before = time.perf_counter()
        for _ in range(megabytes):
            os.write(fd, block)
        os.fdatasync(fd)
        rate.append(megabytes * (1 << 20) / (time.perf_counter() - before))
        os.close(fd)
    fd = os.open(name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    for _ in range(syncs):
        os.write(fd, block[:4096])
        before = time.perf_counter()
        os.fsync(fd)
        sync.append((time.perf_counter() - before) * 1e9)
    os.close(fd)
    os.remove(name)
    tenth, last = sorted(sync)[len(sync) // 10], sorted(sync)[len(sync) * 9 // 10]
    return [Figure("disk-rate", "bytes/s", rate, f"{megabytes} MB, synced at the end", "disk-rate"),
            Figure("fsync-time", "ns", sync, f"4 KB more; 80 % within {tenth / MS:.2f}..{last / MS:.2f} ms", "fsync-time")]


# --- memory, sockets, crons -------------------------------------------------------------------------------------------


def memory():
    with open("/proc/meminfo", encoding="ascii") as f:
        kilobytes = int(re.search(r"MemTotal: +(\d+) kB", f.read()).group(1))
    return Figure("memory", "bytes", [kilobytes * 1024], "what the kernel says it has", "memory")


def socket_buffers(quick):
    """Bytes that a stopped replica takes before its master's output stays in the master: what the kernels hold."""
    samples = []
    for _ in range(1 if quick else 5):
        with Server() as m, Server("--replicaof", f"127.0.0.1 {m.port}") as r:
            r.wait("master_link_status", "up")
            m.ask("SET", "k", "v")
            if m.ask("WAIT", 1, 10000) != "1":
                raise Failed("the replica does not acknowledge what its master wrote")
            r.process.send_signal(signal.SIGSTOP)
            before = int(m.info()["total_net_repl_output_bytes"])
            value, taken, last = "v" * 1000, 0, -1
            while taken != last:
                last = taken
                m.client.exchange(b"".join(encode("SET", f"k:{i}", value) for i in range(500)), 5 * 500)
                taken = int(m.info()["total_net_repl_output_bytes"]) - before
            samples.append(taken)
    return Figure("socket buffers of one direction", "bytes", samples, "a SIGSTOPped replica, writes of 1 KB",
                  "link * buffer")


def cron_period(quick):
    """The mean interval of serverCron: PINGs to a replica come at every 10th."""
    seconds = 2 if quick else 15
    with Server("--repl-ping-replica-period", "1", "--repl-diskless-sync", "no") as s:
        client = Client(s.port)
        client.socket.sendall(encode("PSYNC", "?", "-1"))
        at = []
        while len(at) <= seconds + 1:
            line = client.file.readline()
            if line.startswith(b"$") and not line.startswith(b"$4\r"):
                client.file.read(int(line[1:]))
            elif line == b"ping\r\n":
                at.append(time.perf_counter())
            elif not line:
                raise Failed("the master closed its replica's connection")
    whole = [(b - a) / 10 * 1e9 for a, b in zip(at[1:], at[2:])]  # the first came when the file had gone
    drift = statistics.fmean(whole) / 1e8 - 1
    return Figure("cron-period", "ns", whole, f"drifts by {drift * 100:.2f} %: the next is set when one is done",
                  "cron-period")
