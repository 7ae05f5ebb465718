"""1 GB of mixed redis-benchmark load through a master, while the link of its replica is cut and healed ten times: once
with `detsim serve` as the master of a real server, once as its replica. Digests must be equal at the end. Then the same
load on both kinds of server by itself: throughput, CPU time, memory.

    python3 tests/serve/campaign.py [MEGABYTES] [serve-master] [serve-replica] [compare]
"""
import os
import subprocess
import sys
import threading
import time

from rig import Rig, check, linked, run_tests, wait_equal, wait_for

MB = 1 << 20
LOAD = int(sys.argv[1]) * MB if len(sys.argv) > 1 and sys.argv[1].isdigit() else 1024 * MB
CUTS = 10
TESTS = "set,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,mset"


def cpu_seconds(server):
    with open("/proc/%d/stat" % server.process.pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one_round(server, n=10000):
    subprocess.run(["redis-benchmark", "-p", str(server.port), "-q", "-t", TESTS, "-n", str(n), "-P", "8", "-d", "500", "-r",
                    "20000", "-c", "20"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def load(server):
    """Until the server has read LOAD bytes."""
    while server.info("total_net_input_bytes") < LOAD:
        one_round(server)


def cut_and_heal(proxy, replica, stop, counts):
    """Short cuts, which the backlog bears, and long ones, by turns."""
    while len(counts) < CUTS and not stop.is_set():
        wait_for("the link", lambda: linked(replica), 120)
        time.sleep(1)
        proxy.cut()
        time.sleep(0.05 if len(counts) % 2 == 0 else 3)
        proxy.heal()
        counts.append(1)


def campaign(rig, master, replica_of):
    proxy = rig.proxy(master)
    replica = replica_of("replica", "--replicaof", "127.0.0.1 %d" % proxy.port)
    cuts, stop = [], threading.Event()
    cutter = threading.Thread(target=cut_and_heal, args=(proxy, replica, stop, cuts))
    # The cutter has connections of its own: a connection serves one thread.
    from rig import Client
    talk = Client(replica.port)
    main, replica.client = replica.client, talk
    cutter.start()
    begun = time.monotonic()
    load(master)
    while cutter.is_alive():
        one_round(master, 2000)
    cutter.join()
    took = time.monotonic() - begun
    replica.client = main
    wait_equal(master, replica, timeout=180)
    check(len(cuts) == CUTS, "cuts:", len(cuts))
    print("        %d MB in %.0f s, %d cuts: %d full, %d partial syncs; digest %s; resident %d and %d MB" %
          (master.info("total_net_input_bytes") // MB, took, len(cuts), master.info("sync_full"),
           master.info("sync_partial_ok"), master.digest(), master.rss() // MB, replica.rss() // MB), flush=True)


OPTIONS = ("--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb")


def serve_master(rig):
    """a real server replicates from it"""
    campaign(rig, rig.serve("master", *OPTIONS), rig.real)


def serve_replica(rig):
    """it replicates from a real server"""
    campaign(rig, rig.real("master", *OPTIONS), rig.serve)


def compare(rig):
    """the same load on both, by itself"""
    for kind, start in (("detsim serve", rig.serve), ("redis-server", rig.real)):
        server = start(kind.replace(" ", "-"))
        begun = time.monotonic()
        load(server)
        took = time.monotonic() - begun
        commands = server.info("total_commands_processed")
        print("        %-12s %6.0f commands/s, %5.2f us of CPU a command, resident %d MB, used_memory %d MB" %
              (kind, commands / took, cpu_seconds(server) / commands * 1e6, server.rss() // MB,
               server.info("used_memory") // MB), flush=True)
        server.end()


if __name__ == "__main__":
    names = [a.replace("-", "_") for a in sys.argv[1:] if not a.isdigit()]
    sys.exit(1 if run_tests([serve_master, serve_replica, compare], names) else 0)
