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
CONFIGURATION = flows.ROOT / "deploy/nginx/centavo.conf"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(folder):
    """`centavo serve` below /pivot, and what its first line says."""
    program = flows.program()
    lake = folder / "lake"
    made = subprocess.run([program, "init", lake], capture_output=True, text=True, timeout=60)
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

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers and body, by a client that checks the certificate."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.tls_port, timeout=20, context=self.trust)
        # The name of the certificate, at the address of this machine.
        connection.sock = self.trust.wrap_socket(socket.create_connection(("127.0.0.1", self.tls_port), 20), server_hostname="centavo.example")
        try:
            connection.request(method, path, body=body, headers={"Host": "centavo.example", **{name.replace("_", "-"): value for name, value in headers.items()}})
            answer = connection.getresponse()
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
