"""What the tests of `detsim serve` share: starting servers of both kinds, talking to them, a proxy that can be cut.

Servers are ended by their own process id when the rig is closed, whatever happened."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

DETSIM = os.path.abspath(os.environ.get("DETSIM", "build/release/detsim"))
FIRST_PORT = int(os.environ.get("SERVE_PORT", "24100"))


class Failed(Exception):
    pass


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(w) for w in what))


class Reader:
    """Whole replies from a socket."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def more(self):
        piece = self.sock.recv(1 << 16)
        if not piece:
            raise ConnectionError("closed")
        self.buffer += piece

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def exactly(self, n):
        parts, have = [self.buffer], len(self.buffer)
        while have < n:
            piece = self.sock.recv(1 << 20)
            if not piece:
                raise ConnectionError("closed")
            parts.append(piece)
            have += len(piece)
        whole = b"".join(parts)
        self.buffer = whole[n:]
        return whole[:n]

    def reply(self):
        line = self.line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode("latin-1")
        if kind == b"-":
            return Exception(rest.decode("latin-1"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.exactly(int(rest) + 2)[:-2].decode("latin-1")
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        raise Failed("no reply:", line)


class Client:
    def __init__(self, port, timeout=20):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock)

    def send(self, *words):
        out = [b"*%d\r\n" % len(words)]
        for w in words:
            w = w if isinstance(w, bytes) else str(w).encode("latin-1")
            out.append(b"$%d\r\n%s\r\n" % (len(w), w))
        self.sock.sendall(b"".join(out))

    def __call__(self, *words):
        self.send(*words)
        return self.reader.reply()

    def pipeline(self, commands):
        for command in commands:
            self.send(*command)
        return [self.reader.reply() for _ in commands]

    def close(self):
        self.sock.close()


class Server:
    """A process, its folder and a connection to it."""

    def __init__(self, rig, name, port, argv):
        self.rig, self.name, self.port, self.argv = rig, name, port, argv
        self.dir = os.path.join(rig.dir, name)
        self.log_path = os.path.join(self.dir, "log")
        os.makedirs(self.dir, exist_ok=True)
        self.process = None
        self.client = None
        self.start()

    def start(self, *more):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.argv + list(more), cwd=self.dir, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        for _ in range(200):
            try:
                self.client = Client(self.port)
                return self
            except OSError:
                check(self.process.poll() is None, self.name, "ended at once:", self.log())
                time.sleep(0.025)
        raise Failed(self.name, "does not answer")

    def log(self):
        with open(self.log_path, encoding="latin-1") as f:
            return f.read()

    def __call__(self, *words):
        return self.client(*words)

    def info(self, field):
        for line in self("INFO").split("\r\n"):
            if line.startswith(field + ":"):
                value = line.split(":", 1)[1]
                return int(value) if value.lstrip("-").isdigit() else value
        return None

    def digest(self):
        return self("DEBUG", "DIGEST")

    def rss(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0

    def end(self, how=signal.SIGTERM):
        """The exit status."""
        if self.client:
            self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(self.name, "did not end")


class Proxy:
    """Forwards to a port; can be cut (both ends are reset, new connections refused) and healed."""

    def __init__(self, port, to):
        self.port, self.to, self.alive = port, to, True
        self.pairs = []
        self.lock = threading.Lock()
        self.open()

    def open(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(16)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                if listener.fileno() < 0:
                    return
                continue
            with self.lock:
                self.pairs.append((near, far))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    def pump(self, a, b):
        try:
            while piece := a.recv(1 << 16):
                b.sendall(piece)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for pair in self.pairs:
                for s in pair:
                    try:
                        s.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            self.pairs = []

    def heal(self):
        self.open()


class Rig:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="detsim-serve-")
        self.next_port = FIRST_PORT
        self.servers = []
        self.proxies = []

    def port(self):
        """A free one."""
        while True:
            self.next_port += 1
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind(("127.0.0.1", self.next_port))
                    return self.next_port
                except OSError:
                    continue

    def start(self, name, program, options, port=None):
        port = port or self.port()
        argv = program + ["--port", str(port)]
        given = [o.lstrip("-") for o in options]
        if "save" not in given:
            argv += ["--save", ""]
        argv += options
        server = Server(self, name, port, argv)
        self.servers.append(server)
        return server

    def serve(self, name, *options, port=None):
        return self.start(name, [DETSIM, "serve"], list(options), port)

    def real(self, name, *options, port=None):
        return self.start(name, ["redis-server", "--enable-debug-command", "yes", "--bind", "127.0.0.1"], list(options), port)

    def proxy(self, to):
        proxy = Proxy(self.port(), to.port)
        self.proxies.append(proxy)
        return proxy

    def close(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()
        for proxy in self.proxies:
            proxy.cut()
        shutil.rmtree(self.dir, ignore_errors=True)


def wait_for(what, condition, timeout=20):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise Failed("in vain waited for:", what)


def linked(replica):
    return replica.info("master_link_status") == "up"


def wait_equal(master, *replicas, timeout=30):
    """All replicas are linked and have what the master has."""

    def equal():
        offset = master.info("master_repl_offset")
        return all(linked(r) and r.info("slave_repl_offset") == offset for r in replicas) and master.info(
            "master_repl_offset") == offset

    wait_for("%s to catch up with %s" % (", ".join(r.name for r in replicas), master.name), equal, timeout)
    digest = master.digest()
    for replica in replicas:
        check(replica.digest() == digest, replica.name, "has", replica.digest(), "and", master.name, "has", digest)


def fill(server, n=300, tag="k"):
    """Data of all types, small and big encodings, deadlines, several databases."""
    long = "x" * 100
    commands = []
    for i in range(n):
        commands += [
            ("SET", "%s:s:%d" % (tag, i), "value %d %s" % (i, "y" * (i % 200))),
            ("SET", "%s:n:%d" % (tag, i), i * 1000003),
            ("RPUSH", "%s:l:%d" % (tag, i % 20), i, "item%d" % i, long),
            ("SADD", "%s:i:%d" % (tag, i % 10), i, i * 7),
            ("SADD", "%s:w:%d" % (tag, i % 10), "member%d" % i),
            ("HSET", "%s:h:%d" % (tag, i % 15), "field%d" % i, i, "g", long if i % 3 else "short"),
            ("ZADD", "%s:z:%d" % (tag, i % 12), i * 0.25, "m%d" % i),
            ("INCR", "%s:count" % tag),
        ]
        if i % 7 == 0:
            commands.append(("EXPIRE", "%s:s:%d" % (tag, i), 5000 + i))
    commands += [("SELECT", 3), ("SET", "in:three:" + tag, "1"), ("RPUSH", "list3" + tag, *range(600)), ("SELECT", 0)]
    for at in range(0, len(commands), 500):
        for reply in server.client.pipeline(commands[at:at + 500]):
            check(not isinstance(reply, Exception), server.name, reply)


def benchmark(server, *options):
    """redis-benchmark's output."""
    done = subprocess.run(["redis-benchmark", "-p", str(server.port), "-q", *options], capture_output=True, timeout=600)
    text = (done.stdout + done.stderr).decode("latin-1").replace("\r", "\n")
    check(done.returncode == 0 and "rror" not in text and "WARNING" not in text, "redis-benchmark:", text[-500:])
    return text


def run_tests(tests, wanted):
    """Runs the functions by name; the exit status."""
    bad = 0
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        rig = Rig()
        begun = time.monotonic()
        try:
            test(rig)
            print("ok      serve: %s (%.1f s)" % (test.__doc__.strip(), time.monotonic() - begun), flush=True)
        except Exception as e:
            bad += 1
            print("FAILED  serve: %s" % test.__doc__.strip(), flush=True)
            print("        %s: %s" % (type(e).__name__, e))
            for server in rig.servers:
                print("        --- %s ---\n        %s" % (server.name, "\n        ".join(server.log().splitlines()[-12:])))
        finally:
            rig.close()
    return bad
