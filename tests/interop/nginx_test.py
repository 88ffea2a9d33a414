#!/usr/bin/env python3
"""The page behind nginx with TLS, below a path: deploy/nginx/centavo.conf as it stands, but for ports and files."""
import gzip
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "flows")]
import lake as flows  # noqa: E402

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
OPENSSL = shutil.which("openssl")
PASSWORD = "a sentence is a good password"
CONFIGURATION = flows.ROOT / "deploy/nginx/centavo.conf"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(folder):
    """`centavo serve` below /pivot over a small demo lake, and what its first line says."""
    program = flows.program()
    lake = folder / "lake"
    made = subprocess.run([program, "demo", lake, "--no-serve", "--rows", "5000", "--quiet"], capture_output=True, text=True, timeout=120)
    if made.returncode != 0:
        raise AssertionError(made.stderr)
    process = subprocess.Popen([program, "serve", "--lake", lake, "--listen", "127.0.0.1:0", "--json", "--base-path", "/pivot",
                                "--trust-proxy", "127.0.0.1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ready, _, _ = select.select([process.stdout], [], [], 30)
    line = process.stdout.readline() if ready else ""
    try:
        return process, json.loads(line)
    except json.JSONDecodeError:
        process.kill()
        raise AssertionError(f"centavo serve said {line!r} and {process.communicate()[1]!r}") from None


def front(folder, upstream):
    """nginx by our configuration. Returns the process and its ports, with TLS and without."""
    subprocess.run([OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=centavo.example", "-addext", "subjectAltName=DNS:centavo.example", "-keyout", folder / "site.key", "-out",
                    folder / "site.crt"], check=True, capture_output=True, timeout=60)
    tls, plain = free_port(), free_port()
    text = CONFIGURATION.read_text()
    for ours, here in [("server 127.0.0.1:8080;", f"server {upstream};"), ("listen 443 ssl http2;", f"listen 127.0.0.1:{tls} ssl http2;"),
                       ("listen 80;", f"listen 127.0.0.1:{plain};"), ("/etc/ssl/centavo.crt", str(folder / "site.crt")),
                       ("/etc/ssl/centavo.key", str(folder / "site.key"))]:
        assert text.count(ours) == 1, f"{CONFIGURATION}: {ours!r} is there {text.count(ours)} times"
        text = text.replace(ours, here)
    text = re.sub(r"\n *listen \[::\].*;", "", text)
    places = "\n".join(f"  {name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    whole = (f"{user}\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
             f"http {{\n  access_log off;\n{places}\n{text}\n}}\n")
    (folder / "nginx.conf").write_text(whole)
    process = subprocess.Popen([NGINX, "-e", folder / "error.log", "-c", folder / "nginx.conf", "-g", "daemon off;"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", tls)) == 0:
                return process, tls, plain
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"nginx did not start: {process.communicate()[0]}")


class BehindNginx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if NGINX is None or OPENSSL is None:
            raise unittest.SkipTest("no nginx here; scripts/setup nginx installs it")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-nginx-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        server, cls.said = serve(cls.folder)
        cls.addClassCleanup(cls.end, server)
        upstream = re.match(r"http://([^/]+)", cls.said["address"]).group(1)
        nginx, cls.tls_port, cls.plain_port = front(cls.folder, upstream)
        cls.addClassCleanup(cls.end, nginx)
        cls.trust = ssl.create_default_context(cafile=cls.folder / "site.crt")

    @staticmethod
    def end(process):
        process.terminate()
        process.communicate(timeout=30)

    def request(self, path, method="GET", body=None, **headers):
        """A connection and its answer, not yet read, by a client that checks the certificate."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.tls_port, timeout=60, context=self.trust)
        # The name of the certificate, at the address of this machine.
        connection.sock = self.trust.wrap_socket(socket.create_connection(("127.0.0.1", self.tls_port), 60), server_hostname="centavo.example")
        connection.request(method, path, body=body, headers={"Host": f"centavo.example:{self.tls_port}", **{name.replace("_", "-"): value for name, value in headers.items()}})
        return connection, connection.getresponse()

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers and body."""
        connection, answer = self.request(path, method, body, **headers)
        try:
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def test_plain_http_leads_to_tls(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=20)
        connection.request("GET", "/pivot/t/acme", headers={"Host": "centavo.example"})
        answer = connection.getresponse()
        self.assertEqual((308, "https://centavo.example/pivot/t/acme"), (answer.status, answer.headers["Location"]))
        connection.close()

    def test_the_path_without_its_slash_leads_to_the_page(self):
        status, headers, _ = self.ask("/pivot")
        self.assertEqual(308, status)
        self.assertTrue(headers["Location"].endswith("/pivot/"), headers["Location"])

    def test_page_and_what_it_names_are_below_the_path(self):
        status, headers, body = self.ask("/pivot/t/acme/overview", Accept="text/html")
        if status == 404 and b"without its page" in body:
            self.skipTest("the program was built without its page")
        self.assertEqual(200, status)
        self.assertIn(b'<base href="/pivot/"', body)
        self.assertIn("script-src 'self'", headers["Content-Security-Policy"])
        self.assertIn("max-age", headers["Strict-Transport-Security"])
        named = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', body.decode())
        self.assertTrue(named)
        for name in named:
            status, headers, body = self.ask("/pivot/" + name, Accept_Encoding="gzip")
            self.assertEqual(200, status, name)
            self.assertIn("immutable", headers["Cache-Control"])
            self.assertEqual("gzip", headers["Content-Encoding"])
            self.assertGreater(len(gzip.decompress(body)), len(body))
            status, _, _ = self.ask("/pivot/" + name, If_None_Match=headers["ETag"])
            self.assertEqual(304, status)

    def test_problems_come_through_as_documents(self):
        for path, method in [("/pivot/api/v1/nothing-of-this-name", "GET"), ("/pivot/assets/none.js", "GET")]:
            status, headers, body = self.ask(path, method)
            self.assertIn(status, (401, 404), path)
            self.assertEqual("application/problem+json", headers["Content-Type"])
            self.assertEqual(headers["X-Request-Id"], json.loads(body)["request_id"])
        status, _, body = self.ask("/pivot/api/v1/session", "POST", body=b"x" * (2 << 20), Content_Type="application/json")
        self.assertEqual((413, 413), (status, json.loads(body)["status"]))

    def test_health_is_for_the_machine_itself(self):
        self.assertEqual(200, self.ask("/pivot/healthz")[0])

    def test_other_paths_are_not_ours(self):
        self.assertEqual(404, self.ask("/other")[0])

    def test_http_2_reaches_it_too(self):
        curl = shutil.which("curl")
        if curl is None:
            self.skipTest("no curl here")
        done = subprocess.run([curl, "--silent", "--show-error", "--http2", "--cacert", self.folder / "site.crt", "--resolve",
                               f"centavo.example:{self.tls_port}:127.0.0.1", "--output", self.folder / "healthz", "--write-out", "%{http_version} %{http_code}",
                               f"https://centavo.example:{self.tls_port}/pivot/healthz"], capture_output=True, text=True, timeout=30)
        self.assertEqual("2 200", done.stdout, done.stderr)

    # ---------- a person

    @property
    def site(self):
        """Our origin, as a browser writes it."""
        return f"https://centavo.example:{self.tls_port}"

    def cookie_of(self, headers):
        """The session's cookie; what a browser needs of it is checked."""
        cookie = headers["Set-Cookie"]
        for word in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/pivot;"):
            self.assertIn(word, cookie)
        return cookie.split(";", 1)[0]

    @classmethod
    def remember(cls, cookie, csrf):
        cls.person = {"Cookie": cookie, "X_CSRF_Token": csrf}

    def signed_in(self):
        """Headers of the first administrator: by the one-time link, and then with a password of their own."""
        if getattr(self, "person", None):
            return {**self.person, "Origin": self.site, "Content_Type": "application/json"}
        link = self.said["sign_in"]
        status, headers, _ = self.ask(link[link.index("/pivot/"):])
        self.assertEqual((303, "/pivot/welcome"), (status, headers["Location"]))
        cookie = self.cookie_of(headers)
        status, _, body = self.ask("/pivot/api/v1/me", Cookie=cookie)
        self.assertEqual(200, status)
        self.remember(cookie, json.loads(body)["csrf"])
        asked = {**self.person, "Origin": self.site, "Content_Type": "application/json"}
        status, _, body = self.ask("/pivot/api/v1/me/password", "POST", json.dumps({"new": PASSWORD}), **asked)
        self.assertEqual(200, status, body)
        return asked

    def test_one_signs_in_writes_and_leaves_behind_it(self):
        asked = self.signed_in()
        write = json.dumps({"locale": "en"})
        self.assertEqual(200, self.ask("/pivot/api/v1/me", "PATCH", write, **asked)[0])
        self.assertEqual(403, self.ask("/pivot/api/v1/me", "PATCH", write, **{**asked, "X_CSRF_Token": "x"})[0])
        for elsewhere in ("https://centavo.example", "https://elsewhere.example", "null"):
            self.assertEqual(403, self.ask("/pivot/api/v1/me", "PATCH", write, **{**asked, "Origin": elsewhere})[0], elsewhere)
        status, headers, _ = self.ask("/pivot/api/v1/session", "POST", json.dumps({"user": "admin", "password": "not the password"}),
                                      Content_Type="application/json", Origin=self.site)
        self.assertEqual((401, None), (status, headers["Set-Cookie"]))
        status, headers, body = self.ask("/pivot/api/v1/session", "POST", json.dumps({"user": "admin", "password": PASSWORD}),
                                         Content_Type="application/json", Origin=self.site)
        self.assertEqual(200, status, body)
        second = self.cookie_of(headers)
        csrf = json.loads(body)["csrf"]
        self.assertEqual(204, self.ask("/pivot/api/v1/session", "DELETE", Cookie=second, X_CSRF_Token=csrf, Origin=self.site)[0])
        self.assertEqual(401, self.ask("/pivot/api/v1/me", Cookie=second)[0])
        self.assertEqual(200, self.ask("/pivot/api/v1/me", Cookie=asked["Cookie"])[0])

    def test_live_events_come_as_they_happen(self):
        asked = self.signed_in()
        status, _, body = self.ask("/pivot/api/v1/t/acme/runs", "POST", json.dumps({"full": True}), **asked)
        self.assertEqual(202, status, body)
        job = json.loads(body)["job"]
        connection, answer = self.request(f"/pivot/api/v1/jobs/{job}/events", Cookie=asked["Cookie"], Accept="text/event-stream")
        self.assertEqual("text/event-stream", answer.headers["Content-Type"])
        events, event = [], ""
        for line in answer:
            line = line.decode().rstrip("\n")
            if line.startswith("event: "):
                event = line[7:]
            if line.startswith("data: "):
                events.append((time.monotonic(), event))
                if len(events) == 1:
                    self.assertEqual("running", json.loads(self.ask(f"/pivot/api/v1/jobs/{job}", Cookie=asked["Cookie"])[2])["state"],
                                     "the first event came when all was over: something keeps events")
                if event == "done":
                    self.assertEqual("done", json.loads(line[6:])["state"])
                    break
        connection.close()
        self.assertGreater(len(events), 5)
        self.assertEqual("done", events[-1][1])
        self.assertGreater(events[-1][0] - events[0][0], 0.1)

    LARGE = {"sql": "select range as number, md5(range::varchar) as digest from range(1000000)"}

    def streams(self):
        """How many downloads the server itself says it writes."""
        address = re.match(r"http://([^/]+)", self.said["address"]).group(1)
        connection = http.client.HTTPConnection(address, timeout=20)
        connection.request("GET", "/pivot/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return float(re.search(r"^centavo_http_streams (\S+)", text, re.M).group(1))

    def test_a_large_download_streams_whole(self):
        connection, answer = self.request("/pivot/api/v1/t/acme/sql?format=csv", "POST", json.dumps(self.LARGE), **self.signed_in())
        self.assertEqual(200, answer.status)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        size, lines, last, number = 0, -1, b"", 0
        first = answer.read(65536)
        self.assertEqual(1.0, self.streams(), "the server is done before we read on: something in between keeps the whole file")
        piece = first
        while piece:
            size += len(piece)
            lines += piece.count(b"\n")
            last = (last + piece)[-100:]
            piece = answer.read(1 << 20)
        connection.close()
        number = int(last.strip().split(b"\n")[-1].split(b",")[0])
        self.assertEqual((1_000_000, 999_999), (lines, number))
        self.assertGreater(size, 35_000_000)

    def test_who_leaves_a_download_stops_it(self):
        connection, answer = self.request("/pivot/api/v1/t/acme/sql?format=csv", "POST",
                                          json.dumps({"sql": self.LARGE["sql"].replace("1000000", "4000000")}), **self.signed_in())
        answer.read(1000)
        connection.close()
        for _ in range(100):
            if self.streams() == 0:
                return
            time.sleep(0.1)
        self.fail("the download goes on without its reader")


if __name__ == "__main__":
    unittest.main(verbosity=2)
