"""Random commands, broken frames and sudden ends from many connections at a live server, for as long as asked: it must
neither end nor stop to answer. Meant for a build with sanitizers:

    DETSIM=build/asan/detsim python3 tests/serve/storm.py [SECONDS [SEED]]
"""
import random
import socket
import sys
import time

from rig import Client, check, fill, linked, run_tests, wait_equal, wait_for

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 20
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)

NEVER = ("shutdown", "debug", "replicaof", "slaveof", "failover", "monitor", "subscribe", "psubscribe", "ssubscribe")
OWN = [
    ("CLIENT", "LIST"), ("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), ("CLIENT", "KILL", "ID", "5"),
    ("CLIENT", "SETNAME", "a\x00b"), ("CLIENT", "SETNAME", "name"), ("CLIENT", "NO-EVICT", "on"), ("CLIENT", "UNBLOCK", "7", "ERROR"),
    ("CLIENT", "PAUSE", "5", "WRITE"), ("CLIENT", "PAUSE", "3"), ("CLIENT", "UNPAUSE"), ("CLIENT", "REPLY", "OFF"), ("CLIENT",),
    ("CONFIG", "GET", "*"), ("CONFIG", "GET", "[a-"), ("CONFIG", "SET", "save", "900 1 x"), ("CONFIG", "SET", "save", ""),
    ("CONFIG", "SET", "repl-backlog-size", "20kb", "hz", "50"), ("CONFIG", "SET", "hz", "0"), ("CONFIG", "SET", "hz", "10"),
    ("CONFIG", "SET", "timeout", "100"), ("CONFIG", "SET", "maxmemory", "0"), ("CONFIG", "SET", "nothing", "x"), ("CONFIG", "RESETSTAT"),
    ("CONFIG", "REWRITE"), ("COMMAND",), ("COMMAND", "DOCS"), ("COMMAND", "COUNT"), ("INFO",), ("INFO", "all", "nothing"), ("ROLE",),
    ("PSYNC", "?", "-1"), ("PSYNC", "x" * 40, "99999999999"), ("PSYNC", "?", "abc"), ("SYNC",), ("REPLCONF", "ACK", "5"),
    ("REPLCONF", "ACK", "x"), ("REPLCONF", "listening-port", "70000"), ("REPLCONF", "capa", "eof", "capa", "psync2"),
    ("REPLCONF", "capa"), ("REPLCONF", "GETACK", "*"), ("REPLCONF", "rdb-only", "1"), ("REPLCONF", "ip-address", "y" * 300),
    ("WAIT", "1", "10"), ("WAIT", "-1", "1"), ("WAIT", "1", "99999999999999999999"), ("MULTI",), ("EXEC",), ("DISCARD",), ("WATCH", "a", "b"),
    ("UNWATCH",), ("RESET",), ("QUIT",), ("AUTH", "x"), ("HELLO", "3"), ("HELLO", "2", "AUTH", "a"), ("HELLO", "x"), ("SELECT", "15"),
    ("SELECT", "16"), ("SELECT", "-1"), ("SELECT", "0"), ("BGSAVE",), ("BGSAVE", "SCHEDULE"), ("SAVE",), ("LASTSAVE",), ("TIME",),
    ("FLUSHALL", "ASYNC"), ("FLUSHDB",), ("SWAPDB", "0", "1"), ("PUBLISH", "c", "m"), ("DEBUG", "SLEEP", "0.01"), ("DEBUG", "DIGEST"),
    ("DEBUG", "SET-ACTIVE-EXPIRE", "0"), ("DEBUG", "SET-ACTIVE-EXPIRE", "1"), ("DEBUG",),
    ("BLPOP", "a", "b", "0.01"), ("BLMOVE", "a", "b", "LEFT", "RIGHT", "0.02"), ("SHUTDOWN", "ABORT"), ("SHUTDOWN", "what"),
    ("REPLICAOF", "a"), ("FAILOVER", "ABORT"), ("FAILOVER", "TO", "x"),
]
ARGUMENTS = [
    "a", "b", "c", "d", "e", "k1", "k2", "0", "1", "-1", "2", "10", "100", "-100", "1.5", "-0.1", "inf", "-inf", "nan", "1e400", "x" * 70,
    "y" * 3000, "", "\x00\xff", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616", "EX", "PX",
    "NX", "XX", "GET", "KEEPTTL", "LIMIT", "WITHSCORES", "BYSCORE", "BYLEX", "REV", "(1", "[a", "+", "-", "LEFT", "RIGHT", "BEFORE", "AFTER",
    "COUNT", "MATCH", "*", "[a-", "TYPE", "WEIGHTS", "AGGREGATE", "SUM", "WITHVALUES", "REPLACE", "DB", "CH", "INCR", "GT", "LT", "STORE",
    "536870911", "536870912", "1" * 30
]


def words_of(rng, commands):
    if rng.random() < 0.3:
        return list(rng.choice(OWN))
    words = [rng.choice(commands)] + [rng.choice(ARGUMENTS) for _ in range(rng.randrange(7))]
    return words


def frame(words):
    out = b"*%d\r\n" % len(words)
    for w in words:
        w = w.encode("latin-1")
        out += b"$%d\r\n%s\r\n" % (len(w), w)
    return out


def broken(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[:rng.randrange(len(data) + 1)])


class Peer:
    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.sock.setblocking(False)

    def say(self, rng, commands):
        data = b"".join(frame(words_of(rng, commands)) for _ in range(rng.choice((1, 1, 2, 20))))
        if rng.random() < 0.03:
            data = broken(rng, data)
        try:
            if rng.random() < 0.05:
                self.sock.shutdown(socket.SHUT_WR)
            self.sock.send(data)
            if rng.random() < 0.8:
                while self.sock.recv(1 << 20):
                    pass
        except BlockingIOError:
            pass
        except OSError:
            return False
        return rng.random() > 0.01


def storm(rig):
    """random commands and broken frames do it no harm"""
    print("        seed %d, %g s" % (SEED, SECONDS), flush=True)
    rng = random.Random(SEED)
    s = rig.serve("s", "--repl-diskless-sync-delay", "0", "--save", "3600 1000000")
    listed = rig.real("real")("COMMAND", "LIST")
    commands = sorted(c for c in listed if c not in NEVER and "|" not in c)
    below = rig.serve("below", "--replicaof", "127.0.0.1 %d" % s.port)
    peers, end, sent = [], time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        while len(peers) < 30:
            peers.append(Peer(s.port if rng.random() < 0.8 else below.port))
        i = rng.randrange(len(peers))
        if not peers[i].say(rng, commands):
            peers.pop(i).sock.close()
        sent += 1
        check(s.process.poll() is None and below.process.poll() is None, "it ended after", sent)
    for p in peers:
        p.sock.close()
    time.sleep(1)  # what they said last may kill connections
    for server in (s, below):
        server.client = Client(server.port)
        wait_for("an answer", lambda: server("PING") == "PONG")
    s("CLIENT", "UNPAUSE")
    s("DEBUG", "SET-ACTIVE-EXPIRE", "1")
    wait_equal(s, below)
    fill(s, 20)
    wait_equal(s, below)
    check(below.end() == 0 and s.end() == 0, "exit status")
    print("        %d pieces" % sent)


if __name__ == "__main__":
    sys.exit(1 if run_tests([storm], []) else 0)
