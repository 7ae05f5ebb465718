"""`detsim serve` beside real servers, redis-cli and redis-benchmark. Each function is one test; names as arguments
choose some."""
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

from rig import DETSIM, Client, Failed, benchmark, check, fill, linked, run_tests, wait_equal, wait_for


def output_of(*argv, status=None, text=None):
    done = subprocess.run(list(argv), capture_output=True, timeout=20, input=text)
    if status is not None:
        check(done.returncode == status, argv, "exits with", done.returncode, done.stderr)
    return (done.stdout + done.stderr).decode("latin-1")


# --- by itself -------------------------------------------------------------------------------------------------------


def starts_as_it_is_told(rig):
    """takes a redis.conf and words after it, logs its start, ends with SIGTERM and SIGINT"""
    conf = os.path.join(rig.dir, "redis.conf")
    with open(conf, "w") as f:
        f.write("# a comment\n\nport 1\nsave 900 1\n  dbfilename \"some.rdb\"  \ntcp-backlog 300\n"
                "client-output-buffer-limit replica 1mb 512kb 10\n")
    for how in (signal.SIGTERM, signal.SIGINT):
        port = rig.port()
        s = rig.start("s%d" % how, [DETSIM, "serve", conf], ["--loglevel", "verbose", "--save", "60 5 30 6"], port)
        check(s("CONFIG", "GET", "save")[1] == "900 1 60 5 30 6", s("CONFIG", "GET", "save"))
        check(s("CONFIG", "GET", "dbfilename")[1] == "some.rdb")
        check(s("CONFIG", "GET", "dir")[1] == s.dir, s("CONFIG", "GET", "dir"))
        check("slave 1048576 524288 10" in s("CONFIG", "GET", "client-output-buffer-limit")[1])
        s("SET", "k", "v")
        check(s.end(how) == 0, "it failed:", s.log())
        log = s.log()
        check(re.search(r"^\d+:M \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} \* Ready to accept connections$", log, re.M), log)
        check("change nothing here: tcp-backlog\n" in log, log)
        check("Closing idle client" not in log and "DB saved on disk" in log and log.endswith("Redis is now ready to exit, bye bye...\n"), log)
        check(os.path.exists(os.path.join(s.dir, "some.rdb")))


def logs_as_told(rig):
    """logfile and loglevel; CONFIG SET loglevel acts at once"""
    s = rig.serve("s", "--logfile", "s.log", "--loglevel", "verbose", "--timeout", "1", "--bind", "127.0.0.1 -::1")
    idle = Client(s.port)
    check(idle.sock.recv(1) == b"")
    with open(os.path.join(s.dir, "s.log")) as f:
        text = f.read()
    check(re.search(r"^\d+:M .* - Closing idle client$", text, re.M) and s.log() == "", text)
    s.client = Client(s.port)
    check(s("CONFIG", "SET", "loglevel", "warning") == "OK" and s("SAVE") == "OK")
    check(s.end() == 0)
    with open(os.path.join(s.dir, "s.log")) as f:
        text = f.read()
    check("DB saved" not in text and "# User requested shutdown..." in text, text)


def refuses_bad_lines(rig):
    """says what is wrong in a redis.conf or on the command line, where, and the nearest directive"""
    conf = os.path.join(rig.dir, "redis.conf")
    with open(conf, "w") as f:
        f.write("port 7000\nrepl-backlog-sise 1mb\n")
    text = output_of(DETSIM, "serve", conf, status=2)
    check(text == "detsim serve: %s:2: there is no directive \"repl-backlog-sise\", did you mean repl-backlog-size?\n" % conf,
          text)
    check("--port: " in output_of(DETSIM, "serve", "--port", "many", status=2))
    check("foreground" in output_of(DETSIM, "serve", "--daemonize", "yes", status=2))
    check("No such file" in output_of(DETSIM, "serve", "/nonexistent/redis.conf", status=2))
    check("Not a directory" in output_of(DETSIM, "serve", "--dir", "/dev/null", status=3))
    check("belongs to no directive" in output_of(DETSIM, "serve", "-", "x", status=2))
    s = rig.serve("s")
    check("Address already in use" in output_of(DETSIM, "serve", "--port", str(s.port), status=3))
    check("unbalanced quotes" in output_of(DETSIM, "serve", "-", status=2, text=b'save "1 2\n'))


def agrees_on_config(rig):
    """CONFIG GET tells what a real server tells"""
    s, r = rig.serve("s"), rig.real("r", "--enable-debug-command", "no")
    real, ours = ({a[i]: a[i + 1] for i in range(0, len(a), 2)} for a in (r("CONFIG", "GET", "*"), s("CONFIG", "GET", "*")))
    for name in sorted(real):
        if name in ("port", "dir", "aclfile"):
            continue
        check(ours.get(name) == real[name], name, "is", ours.get(name), "and the real one has", real[name])
    for name in ("dir", "dbfilename", "databases", "logfile", "port"):
        if name != "port":
            check(str(s("CONFIG", "SET", name, "x")) == str(r("CONFIG", "SET", name, "x")), name, s("CONFIG", "SET", name, "x"))
    check(str(s("CONFIG", "REWRITE")) == str(r("CONFIG", "REWRITE")))
    for hz in ("0", "1000000"):  # cut to 1 .. 500, whatever CONFIG GET says
        check(s("CONFIG", "SET", "hz", hz) == "OK" and s("SET", "k", "v", "PX", "20") == "OK")
        wait_for("the cron", lambda: s("DBSIZE") == 0)


def talk_on_terminal(argv, lines):
    """What a program says to a person at a terminal."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        os.execvp(argv[0], argv)
    out = b""
    for line in lines + ["exit"]:
        while select.select([fd], [], [], 0.3 if out else 5)[0]:  # until it is silent, and so waits for us
            out += os.read(fd, 65536)
        os.write(fd, line.encode() + b"\r")
    try:
        while piece := os.read(fd, 65536):
            out += piece
    except OSError:  # a terminal whose program is gone
        pass
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return out.decode("latin-1")


def have_terminals():
    """False where the machine has no pseudo-terminals to give (a bare chroot)."""
    try:
        for fd in os.openpty():
            os.close(fd)
    except OSError:
        return False
    return True


def works_with_redis_cli(rig):
    """redis-cli talks to it, with and without a terminal"""
    s = rig.serve("s", "--repl-diskless-sync-delay", "0")
    cli = ["redis-cli", "-p", str(s.port)]
    check(output_of(*cli, "set", "greeting", "hello", status=0) == "OK\n")
    if have_terminals():
        text = talk_on_terminal(cli, ["get greeting", "client list", "info server"])
        check('"hello"' in text and "redis_version:7.0.15" in text and "rror" not in text, text)
    check(output_of(*cli, "ping", status=0) == "PONG\n")
    check(output_of(*cli, "--scan", "--pattern", "gr*", status=0) == "greeting\n")
    check(output_of(*cli, "--pipe", text=b"SET a 1\r\nSET b 2\r\n").endswith("errors: 0, replies: 2\n"))
    text = output_of(*cli, "--bigkeys", status=0)
    check("Sampled 3 keys in the keyspace!" in text, text)
    rdb = os.path.join(rig.dir, "copy.rdb")
    output_of(*cli, "--rdb", rdb, status=0)
    check("RDB looks OK" in output_of("redis-check-rdb", rdb, status=0))


def works_with_redis_benchmark(rig):
    """redis-benchmark runs its tests on it without an error"""
    s = rig.serve("s")
    tests = "ping_inline,ping_mbulk,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange,mset"
    text = benchmark(s, "-t", tests, "-n", "2000", "-r", "100")
    check(text.count("requests per second") >= 18, text)
    benchmark(s, "-t", "set,get", "-n", "20000", "-P", "32", "-c", "20")
    benchmark(s, "-t", "set,get", "-n", "100", "-d", "300000", "-c", "5")


def asks_for_passwords(rig):
    """requirepass and AUTH, and masterauth towards and from a real server"""
    real = rig.real("real", "--requirepass", "foo", "--repl-diskless-sync-delay", "0")
    real("AUTH", "foo")
    s = rig.serve("s", "--repl-diskless-sync-delay", "0", "--requirepass", "foo", "--masterauth", "foo", "--replicaof", "127.0.0.1 %d" % real.port)
    for words in (("GET", "k"), ("AUTH", "bar"), ("AUTH", "x", "foo"), ("HELLO", "2"), ("PING",)):
        check(str(s(*words)) == str(Client(real.port)(*words)), words, s(*words))
    check(s("AUTH", "foo") == "OK" and s("PING") == "PONG")
    below = rig.real("below", "--masterauth", "foo", "--replicaof", "127.0.0.1 %d" % s.port)
    fill(real, 20)
    wait_equal(real, s, below)


def waits_and_sleeps(rig):
    """what takes time takes the time that was asked for: blocking, pauses, expiry, DEBUG SLEEP"""
    s = rig.serve("s")
    other = Client(s.port)
    c = Client(s.port)

    def timed(low, high, client, *words):
        begun = time.monotonic()
        reply = client(*words)
        took = time.monotonic() - begun
        check(low <= took <= high, words, "took %.3f s" % took)
        return reply

    check(timed(0.3, 0.6, c, "BLPOP", "list", "0.3") is None)
    c.send("BLPOP", "list", "5")
    time.sleep(0.1)
    check(s("RPUSH", "list", "x") == 1)
    check(timed(0, 0.1, c, "PING") == ["list", "x"] and c.reader.reply() == "PONG")
    check(timed(0.5, 0.8, other, "DEBUG", "SLEEP", "0.5") == "OK")
    other.send("DEBUG", "SLEEP", "0.4")
    time.sleep(0.1)
    check(timed(0.2, 0.6, s, "PING") == "PONG")
    check(other.reader.reply() == "OK" and s("CLIENT", "PAUSE", "300", "WRITE") == "OK")
    check(timed(0.2, 0.6, c, "SET", "a", "b") == "OK")
    check(timed(0.2, 0.5, c, "WAIT", "1", "300") == 0)
    check(s("SET", "gone", "x", "PX", "150") == "OK" and s("GET", "gone") == "x")
    time.sleep(0.4)
    check(s.info("expired_keys") == 1 and s("EXISTS", "gone") == 0)
    now = [int(x) for x in s("TIME")]
    check(abs(now[0] + now[1] / 1e6 - time.time()) < 0.5)


def guards_itself(rig):
    """in protected mode it turns away other machines; bind and protected-mode decide"""
    addresses = [a for a in output_of("hostname", "-I").split() if "." in a and not a.startswith("127.")]
    s = rig.serve("s", "--bind", "0.0.0.0")
    if not addresses:
        return

    def asked(address, port):
        with socket.create_connection((address, port), timeout=5) as peer:
            peer.sendall(b"PING\r\n")
            return peer.recv(1000)

    check(asked(addresses[0], s.port).startswith(b"-DENIED Redis is running in protected mode"))
    s("CONFIG", "SET", "protected-mode", "no")
    check(asked(addresses[0], s.port) == b"+PONG\r\n")
    s("CONFIG", "SET", "protected-mode", "yes")
    s("CONFIG", "SET", "requirepass", "p")
    check(asked(addresses[0], s.port).startswith(b"-NOAUTH"))
    home = rig.serve("home")
    try:
        asked(addresses[0], home.port)
        raise Failed("it listens on", addresses[0])
    except ConnectionRefusedError:
        pass


# --- with a real replica ----------------------------------------------------------------------------------------------


def feeds_a_real_replica(rig):
    """a real server replicates from it: diskless and by disk, partially after a cut, equal digests"""
    s = rig.serve("s", "--repl-diskless-sync-delay", "0")
    fill(s, 300)
    proxy = rig.proxy(s)
    real = rig.real("real", "--replicaof", "127.0.0.1 %d" % proxy.port)
    disk = rig.real("disk")
    wait_equal(s, real)
    s("CONFIG", "SET", "repl-diskless-sync", "no")
    disk("REPLICAOF", "127.0.0.1", s.port)
    wait_equal(s, disk)
    check(s.info("sync_full") == 2, "full syncs:", s.info("sync_full"))
    fill(s, 50, "more")
    proxy.cut()
    fill(s, 50, "cut")
    proxy.heal()
    wait_equal(s, real, disk)
    check(s.info("sync_full") == 2 and s.info("sync_partial_ok") == 1, s("INFO", "stats"))
    s("CLIENT", "KILL", "TYPE", "replica")
    fill(s, 10, "killed")
    wait_equal(s, real, disk)
    check(s.info("sync_partial_ok") == 3, s("INFO", "stats"))
    check(s("WAIT", 2, 5000) == 2)


def feeds_under_load(rig):
    """a full sync to a real replica while redis-benchmark writes; clients are served meanwhile"""
    s = rig.serve("s", "--repl-diskless-sync-delay", "0")
    check(s("DEBUG", "POPULATE", 200000, "big", 100) == "OK")
    load = subprocess.Popen(["redis-benchmark", "-p", str(s.port), "-t", "set,lpush,hset,zadd,incr", "-n", "20000", "-r", "5000",
                             "-q"], stdout=subprocess.DEVNULL)
    slowest = 0.0
    real = rig.real("real", "--replicaof", "127.0.0.1 %d" % s.port)
    while not linked(real):
        begun = time.monotonic()
        s("PING")
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.002)
    check(load.wait(60) == 0)
    wait_equal(s, real)
    check(slowest < 0.5, "a PING took %.0f ms" % (slowest * 1000))


def drops_a_stopped_replica(rig):
    """a real replica that stands still is dropped at its limit, costs no more than that, and comes back"""
    s = rig.serve("s", "--repl-diskless-sync-delay", "0", "--client-output-buffer-limit", "replica 2mb 0 0")
    real = rig.real("real", "--replicaof", "127.0.0.1 %d" % s.port)
    wait_for("link", lambda: linked(real))
    before = s.rss()
    real.process.send_signal(signal.SIGSTOP)
    try:
        for i in range(60):
            s.client.pipeline([("SET", "k%d" % k, "x" * 10000) for k in range(100)])
        wait_for("the limit", lambda: "overcoming of output buffer limits" in s.log())
        check(s.info("connected_slaves") == 0 and s.rss() - before < 24 << 20, "grew by", s.rss() - before)
    finally:
        real.process.send_signal(signal.SIGCONT)
    wait_equal(s, real)
    check(s.info("sync_full") == 2, s("INFO", "stats"))


def outlives_its_transfers(rig):
    """a master that dies in the middle of a transfer, on either side, is followed again when it is back"""
    slow = ("--repl-diskless-sync-delay", "0", "--rdb-key-save-delay", "300", "--rdbcompression", "no", "--save", "3600 1")
    for first, second in ((rig.serve, rig.real), (rig.real, rig.serve)):
        master = first("master-" + first.__name__, *slow)
        fill(master, 500)
        check(master("SAVE") == "OK")
        for how in ("yes", "no"):
            master("CONFIG", "SET", "repl-diskless-sync", how)
            replica = second("replica-%s-%s" % (second.__name__, how), "--replicaof", "127.0.0.1 %d" % master.port)
            wait_for("the transfer", lambda: "receiving" in replica.log() if how == "yes" else
                     master.info("rdb_bgsave_in_progress") == 1)
            check(master("PING") == "PONG")
            master.end(signal.SIGKILL)
            master.start()
            wait_for("loading", lambda: master.info("loading") == 0)
            wait_equal(master, replica, timeout=40)
            replica.end()


def loads_while_its_master_dies(rig):
    """a replica that is loading when its master dies ends the load, and goes on partially"""
    real = rig.real("real", "--repl-diskless-sync-delay", "0", "--save", "3600 1")
    fill(real, 300)
    s = rig.serve("s", "--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024",
                  "--replicaof", "127.0.0.1 %d" % real.port)
    wait_for("the load", lambda: "Loading DB in memory" in s.log())
    check("LOADING" in str(s("GET", "k")))
    check(real.end() == 0)
    wait_for("the end of the load", lambda: "Connection with master lost" in s.log())
    real.start()
    wait_equal(real, s)
    check(real.info("sync_full") == 0 and real.info("sync_partial_ok") == 1, real("INFO", "stats"))


# --- of a real master ---------------------------------------------------------------------------------------------------


def follows_a_real_master(rig):
    """it replicates from a real server with every way of loading, partially after a cut, equal digests"""
    real = rig.real("real", "--repl-diskless-sync-delay", "0")
    fill(real, 400)
    followers = []
    for load in ("disabled", "on-empty-db", "swapdb"):
        followers.append(rig.serve(load, "--repl-diskless-load", load, "--replicaof", "127.0.0.1 %d" % real.port))
        wait_equal(real, followers[-1])
    real("CONFIG", "SET", "repl-diskless-sync", "no")
    proxy = rig.proxy(real)
    s = rig.serve("disk", "--replicaof", "127.0.0.1 %d" % proxy.port)
    wait_equal(real, s)
    full = real.info("sync_full")
    proxy.cut()
    fill(real, 60, "cut")
    proxy.heal()
    wait_equal(real, s, *followers)
    check(real.info("sync_full") == full and real.info("sync_partial_ok") == 1, real("INFO", "stats"))
    check(isinstance(s("SET", "a", "b"), Exception) and "READONLY" in str(s("SET", "a", "b")))


def name_of_this_machine():
    """A name that means 127.0.0.1; the address itself where nothing resolves any (a bare chroot without /etc/hosts)."""
    try:
        return "localhost" if socket.gethostbyname("localhost") == "127.0.0.1" else "127.0.0.1"
    except OSError:
        return "127.0.0.1"


def resolves_names(rig):
    """a master may be given by name; an unknown name is no reason to give up"""
    real = rig.real("real", "--repl-diskless-sync-delay", "0")
    s = rig.serve("s", "--replicaof", "no-such-host.invalid %d" % real.port)
    wait_for("the attempt", lambda: "Unable to connect to MASTER" in s.log())
    s("REPLICAOF", name_of_this_machine(), real.port)
    fill(real, 10)
    wait_equal(real, s)


def stands_in_chains(rig):
    """real -> serve -> real -> serve, through cuts in the middle, and the promotion of the middle"""
    top = rig.real("top", "--repl-diskless-sync-delay", "0")
    cuts = rig.proxy(top)
    a = rig.serve("a", "--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1 %d" % cuts.port)
    wait_for("a's link", lambda: linked(a))
    b = rig.real("b", "--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1 %d" % a.port)
    wait_for("b's link", lambda: linked(b))
    c = rig.serve("c", "--replicaof", "127.0.0.1 %d" % b.port)
    fill(top, 100)
    wait_equal(top, a, b, c)
    cuts.cut()
    fill(top, 30, "cut")
    cuts.heal()
    wait_equal(top, a, b, c)
    check(b.info("sync_full") == 1 and a.info("sync_full") == 1, "a cut above made full syncs below")
    old_id = a.info("master_replid")
    check(a("REPLICAOF", "NO", "ONE") == "OK")
    check(a.info("role") == "master" and a.info("master_replid2") == old_id)
    fill(a, 30, "promoted")
    wait_equal(a, b, c)
    top("REPLICAOF", "127.0.0.1", a.port)
    wait_equal(a, top, b, c)
    check(a.info("sync_full") == 1, "the old master, which had nothing more, needed a full sync")
    check(a.info("sync_partial_ok") >= 2, a("INFO", "stats"))


# --- files -----------------------------------------------------------------------------------------------------------------


def restarts_from_its_file(rig):
    """its RDB file is good for redis-check-rdb and a real server; restarted from it, it goes on partially"""
    real = rig.real("real", "--repl-diskless-sync-delay", "0")
    s = rig.serve("s", "--save", "3600 1", "--replicaof", "127.0.0.1 %d" % real.port)
    fill(real, 200)
    wait_equal(real, s)
    digest = s.digest()
    check(s.end() == 0)
    rdb = os.path.join(s.dir, "dump.rdb")
    check("RDB looks OK" in output_of("redis-check-rdb", rdb, status=0))
    fill(real, 20, "away")
    s.start()
    wait_equal(real, s)
    check(real.info("sync_partial_ok") == 1 and real.info("sync_full") == 1, real("INFO", "stats"))
    check(s("SAVE") == "OK" and s("REPLICAOF", "NO", "ONE") == "OK")
    check(s("BGSAVE") == "Background saving started")
    wait_for("BGSAVE", lambda: s.info("rdb_bgsave_in_progress") == 0 and s.info("rdb_last_bgsave_status") == "ok")
    other = rig.real("other", "--dir", s.dir, "--dbfilename", "dump.rdb")
    check(other.digest() == s.digest() and digest != s.digest())
    s.end(signal.SIGKILL)
    s.start()
    wait_for("loading", lambda: s.info("loading") == 0)
    check(s.digest() == other.digest())
    other("SAVE")


def loads_what_a_real_server_saved(rig):
    """it loads a real server's file with big encodings"""
    real = rig.real("real")
    fill(real, 500)
    real("DEBUG", "POPULATE", 5000, "p", 300)
    real("RPUSH", "big", *["z" * 9000 for _ in range(20)])
    real("HSET", "ziph", *[x for i in range(100) for x in ("f%d" % i, "repeat" * 8)])
    real("SAVE")
    s = rig.serve("s", "--dir", real.dir)
    check(s.digest() == real.digest())
    with open(os.path.join(real.dir, "dump.rdb"), "r+b") as f:
        f.seek(200)
        f.write(b"\xff\xff\xff\xff")
    check(s.end() == 0)
    text = output_of(DETSIM, "serve", "--dir", real.dir, "--port", str(rig.port()), status=3)
    check("Internal error in RDB reading" in text, text)


# --- peers that mean no good -------------------------------------------------------------------------------------------------


def stands_garbage(rig):
    """garbage, half commands and giant announcements are refused as by a real server, and cost nothing"""
    s, real = rig.serve("s"), rig.real("real")
    before = s.rss()
    pieces = [b"\x00\xff" * 500 + b"\r\n", b"*1\r\n$4\r\nPING\r", b"*3\r\n$3\r\nSET\r\n", b"*1\r\n$536870913\r\n",
              b"*1\r\n$-5\r\n", b"*2147483648\r\n", b"*1\r\n:3\r\n", b"*abc\r\n", b"*1\r\n$" + b"1" * 70000, b"GET " + b"x" * 70000,
              b"*-1\r\nPING\r\n", b"\r\n\r\nPING\r\n", b"SET \"a b\r\n", b"*0\r\nPING\r\n", b"*2\r\n$3\r\nGET\r\n$1000000000000\r\n"]
    for piece in pieces:
        answers = []
        for server in (s, real):
            c = Client(server.port, timeout=0.4)
            c.sock.sendall(piece)
            got = b""
            try:
                while more := c.sock.recv(65536):
                    got += more
                got += b"<closed>"
            except TimeoutError:
                pass
            except ConnectionError:
                got += b"<closed>"
            answers.append(got)
            c.close()
        check(answers[0] == answers[1], piece[:40], "gets", answers[0], "and from the real one", answers[1])
    held = [Client(s.port) for _ in range(200)]
    for c in held:
        c.sock.sendall(b"*2\r\n$3\r\nSET\r\n$536870912\r\nabc")
    check(s("PING") == "PONG")
    grown = s.rss() - before
    check(grown < 16 << 20, "200 announcements of 512 MB took %d bytes" % grown)


class FalseMaster:
    """Answers a replica's handshake as told, then sends what it is given and closes."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.settimeout(10)

    def play(self, sent, after_psync=True):
        peer, _ = self.listener.accept()
        peer.settimeout(10)
        try:
            seen = b""
            while b"PSYNC" not in seen and after_psync:
                piece = peer.recv(4096)
                if not piece:
                    return
                seen += piece
                for word in (b"PING", b"listening-port", b"capa\r\n$3\r\neof"):
                    if word in piece:
                        peer.sendall(b"+OK\r\n")
            peer.sendall(sent)
            peer.settimeout(0.3)
            try:
                while peer.recv(4096):
                    pass
            except TimeoutError:
                pass
        except OSError:
            pass
        finally:
            peer.close()


def answers_or_ends(server):
    """True once it answers, False once its process is over."""

    def known():
        try:
            return server("PING") == "PONG"
        except OSError:
            return server.process.wait(5) is not None

    wait_for("%s to answer" % server.name, known)
    return server.process.poll() is None


def stands_false_masters(rig):
    """a master that sends garbage, a broken RDB or giant lengths does not end it, unless it ends a real server, too"""
    port = rig.port()
    master = FalseMaster(port)
    full = b"+FULLRESYNC " + b"a" * 40 + b" 100\r\n"
    empty = b"REDIS0010\xff" + b"\0" * 8
    mark = b"m" * 40
    for load in ("disabled", "swapdb"):
        s = rig.serve(load, "--repl-diskless-load", load, "--replicaof", "127.0.0.1 %d" % port, "--repl-timeout", "5")
        s("CONFIG", "SET", "proto-max-bulk-len", "1mb")
        before, ended = s.rss(), 0
        master.play(b"\xff\x00garbage" * 1000 + b"\r\n", after_psync=False)
        master.play(b"-ERR " + b"x" * 5000 + b"\r\n", after_psync=False)
        for sent in (b"+FULLRESYNC\r\n$18\r\n" + empty, b"+CONTINUE\r\n" + b"*1\r\n$4\r\nPING\r\n", b"*1\r\n" * 10000,
                     full + b"garbage\r\n", full + b"-no\r\n", full + b"$-1\r\n", full + b"$100\r\n" + b"g" * 100,
                     full + b"$99999999999999999999\r\nREDIS0010", full + b"$18\r\nREDIS0099\xff" + b"\0" * 8,
                     full + b"$1000\r\nREDIS0010\x00\x81\x7f" + b"\xff" * 990, full + b"$900\r\nREDIS0010\xfa\xc0",
                     full + b"$EOF:" + mark + b"\r\n" + b"REDIS0010\xfe\x00\x02\x01k\x80\x7f\xff\xff\xff" + mark,
                     full + b"$EOF:" + mark + b"\r\n" + empty[:12] + mark, full + b"\n" * 100000 + b"$18\r\n" + empty +
                     b"*2\r\n$3\r\nGET\r\n$999999999\r\nx", full + b"$18\r\n" + empty + b"GARBAGE\r\n" * 100,
                     full + b"$18\r\n" + empty + b"*1\r\n$5\r\nBLPOP\r\n*3\r\n$5\r\nBLPOP\r\n$1\r\na\r\n$1\r\n0\r\n"):
            master.play(sent)
            if answers_or_ends(s):
                continue
            real = rig.real("real-%s-%d" % (load, ended), "--repl-diskless-load", load, "--replicaof", "127.0.0.1 %d" % port)
            master.play(sent)
            check(not answers_or_ends(real), "it ended, and a real server did not:", sent[:80])
            ended += 1
            if load == "disabled":
                os.remove(os.path.join(s.dir, "dump.rdb"))
            s.start()
        check(s.rss() - before < 64 << 20 and ended < 8, "grew by", s.rss() - before, "ended", ended)
        check(s("REPLICAOF", "NO", "ONE") == "OK" and s("SET", "a", "b") == "OK")
        check(s.end() == 0)


def knows_strangers(rig):
    """who has not told the password gets little room"""
    for server in (rig.serve("s", "--requirepass", "p"), rig.real("real", "--requirepass", "p")):
        for piece, answer in ((b"*11\r\n", b"-ERR Protocol error: unauthenticated multibulk length\r\n"),
                              (b"*2\r\n$16385\r\n", b"-ERR Protocol error: unauthenticated bulk length\r\n")):
            c = Client(server.port)
            c.sock.sendall(piece)
            check(c.sock.recv(1000) == answer, server.name, piece)


def limits_connections(rig):
    """maxclients and timeout hold as in a real server"""
    servers = rig.serve("s", "--maxclients", "20"), rig.real("real", "--maxclients", "20")
    for server in servers:
        held = [Client(server.port) for _ in range(19)]
        late = Client(server.port)
        check(late.sock.recv(1000) == b"-ERR max number of clients reached\r\n" and late.sock.recv(10) == b"")
        check(server("PING") == "PONG" and server.info("rejected_connections") == 1)
        for c in held:
            c.close()
        wait_for("room", lambda: server.info("connected_clients") == 1)
        server("CONFIG", "SET", "timeout", 1)
        idle = Client(server.port)
        begun = time.monotonic()
        check(idle.sock.recv(1) == b"" and 0.9 < time.monotonic() - begun < 3.2, "closed after", time.monotonic() - begun)
        server.client.close()


def limits_slow_readers(rig):
    """who asks and does not read is closed at the limit of its class, or costs what it asked for; others are served"""
    s = rig.serve("s", "--client-output-buffer-limit", "normal 8mb 0 0", "--maxclients", "4000")
    s("SET", "big", "x" * 1000000)
    before = s.rss()
    greedy = Client(s.port)
    for _ in range(200):
        try:
            greedy.send("GET", "big")
        except OSError:
            break
    wait_for("the limit", lambda: "overcoming of output buffer limits" in s.log())
    check(s("PING") == "PONG" and s.rss() - before < 64 << 20, "grew by", s.rss() - before)
    other = Client(s.port)
    other.sock.sendall(b"SUBSCR" * 20000)
    check(b"too big inline request" in other.sock.recv(1000))


def bears_ten_thousand(rig):
    """ten thousand connections at a time; a stranger more is turned away"""
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = 10000 if hard >= 10300 or hard < 0 else hard - 300
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(want + 200, hard) if hard > 0 else want + 200, hard))
    s = rig.serve("s", "--maxclients", str(want))
    before = s.rss()
    held = []
    for i in range(want - 1):
        c = Client(s.port)
        held.append(c)
        if i % 500 == 0:
            check(c("PING") == "PONG")
    check(s.info("connected_clients") == want, s.info("connected_clients"))
    grown = s.rss() - before
    late = Client(s.port)
    check(late.sock.recv(1000) == b"-ERR max number of clients reached\r\n")
    for c in held:
        c.send("SET", "k", "v")
    for c in held:
        check(c.reader.reply() == "OK")
    check(grown < want * 4096, "%d bytes a connection" % (grown // want))
    for c in held:
        c.close()
    wait_for("they are gone", lambda: s.info("connected_clients") == 1)


def does_not_grow(rig):
    """ten times the same load takes no more memory than the second time"""
    s = rig.serve("s", "--repl-diskless-sync-delay", "0")
    real = rig.real("real", "--replicaof", "127.0.0.1 %d" % s.port)
    wait_for("link", lambda: linked(real))
    sizes = []
    for i in range(6):
        benchmark(s, "-t", "set,incr,lpush,lpop,sadd,spop,hset,zadd,zpopmin,mset", "-n", "10000", "-r", "1000", "-P", "16", "-c",
                  "30")
        s("FLUSHALL")
        for _ in range(50):
            c = Client(s.port)
            c("SET", "big", "x" * 100000)
            c("MULTI")
            c("GET", "big")
            c.close()
        sizes.append(s.rss())
    check(sizes[-1] < sizes[1] + (3 << 20), "resident bytes after each:", sizes)


TESTS = [
    starts_as_it_is_told, logs_as_told, refuses_bad_lines, agrees_on_config, works_with_redis_cli, works_with_redis_benchmark,
    waits_and_sleeps, guards_itself, asks_for_passwords, feeds_a_real_replica, feeds_under_load, drops_a_stopped_replica,
    outlives_its_transfers, loads_while_its_master_dies, follows_a_real_master, resolves_names, stands_in_chains,
    restarts_from_its_file, loads_what_a_real_server_saved, stands_garbage, stands_false_masters, knows_strangers, limits_connections,
    limits_slow_readers, bears_ten_thousand, does_not_grow
]

if __name__ == "__main__":
    sys.exit(1 if run_tests(TESTS, sys.argv[1:]) else 0)
