"""A real server on loopback, and a client that asks it: what the measurements share.

Servers are ended by their process id when the `with` block ends, whatever happened in it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class Failed(Exception):
    """The environment did not do what a measurement needs."""


def free_port(wanted):
    """The first port from `wanted` on that nobody listens on; with None one the kernel picks."""
    for port in [0] if wanted is None else range(wanted, wanted + 40):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return s.getsockname()[1]
    raise Failed(f"no free port from {wanted} on")


class Server:
    """One redis-server with a folder of its own, without persistence unless the directives say so."""

    program = "redis-server"
    parent_folder = None
    first_port = None

    def __init__(self, *directives, folder=None):
        self.directives = directives
        self.folder = folder or tempfile.mkdtemp(prefix="detsim-calibrate-", dir=self.parent_folder)
        self.owns_folder = folder is None
        self.process = None
        self.client = None

    def __enter__(self):
        self.port = free_port(self.first_port)
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        if self.owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        words = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
                 "--logfile", "log", "--enable-debug-command", "local", "--repl-diskless-sync-delay", "0",
                 *self.directives]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.client = Client(self.port)
                if self.client.ask("PING") == "PONG":
                    return
            except (OSError, Failed):
                time.sleep(0.01)
        raise Failed(f"{self.program} did not start; see its words: {' '.join(words)}")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        if self.process:
            self.process.wait()
        if self.client:
            self.client.close()
        self.client = None

    def ask(self, *words):
        return self.client.ask(*words)

    def info(self):
        """Every field of INFO, as text."""
        lines = self.client.ask("INFO", "everything").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def cpu(self):
        """Seconds of CPU the server's own process has used."""
        info = self.info()
        return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])

    def wait(self, field, value, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            info = self.info()
            if info.get(field) == value:
                return info
            time.sleep(0.005)
        raise Failed(f"{field} did not become {value} within {seconds} s")

    def kill_child(self):
        """Ends the server's snapshot child, if it has one."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
            for pid in f.read().split():
                try:
                    os.kill(int(pid), signal.SIGUSR1)
                except ProcessLookupError:
                    pass
        self.wait("rdb_bgsave_in_progress", "0")

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as f:
            return f.read()


def encode(*words):
    parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


class Client:
    """One connection. Replies of simple commands only: no arrays."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, *words):
        self.socket.sendall(encode(*words))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise Failed("the server closed the connection")
        if line[:1] == b"-":
            raise Failed(line[1:].decode().strip())
        if line[:1] != b"$":
            return line[1:].decode().strip()
        length = int(line[1:])
        return None if length < 0 else self.file.read(length + 2)[:-2].decode(errors="replace")

    def exchange(self, requests, reply_bytes):
        """Sends requests in one write and takes exactly as many bytes of replies."""
        self.socket.sendall(requests)
        left = reply_bytes
        while left > 0:
            piece = self.file.read(left)
            if not piece:
                raise Failed("the server closed the connection")
            left -= len(piece)
