"""A served lake as a browser or a script sees it: standard library only, nothing here knows the program's inside."""
import http.client
import http.cookies
import json
import signal
import ssl
import subprocess
import urllib.parse

from lake import Lake, program


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Site:
    """`centavo serve` over a lake. `as_browser` follows the first administrator's link and keeps the cookie."""

    def __init__(self, lake: Lake, *arguments):
        self.lake = lake
        command = [str(program()), "--lake", str(lake.folder), "--json", "serve", "--listen", "127.0.0.1:0", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        start_new_session=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"centavo serve ended: {self.process.communicate()[1]}")
        said = json.loads(line)
        self.address, self.sign_in = said["address"], said["sign_in"]
        parts = urllib.parse.urlsplit(self.address)
        self.secure, self.host, self.port, self.base = parts.scheme == "https", parts.hostname, parts.port, parts.path

    def connect(self, timeout=60):
        if not self.secure:
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE   # the test's own certificate
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=context)

    def ask(self, method, path, body=None, headers=None, timeout=60):
        connection = self.connect(timeout)
        try:
            headers = dict(headers or {})
            if body is not None and not isinstance(body, (bytes, str)):
                body, headers["Content-Type"] = json.dumps(body), "application/json"
            connection.request(method, self.base + path, body=body, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def as_browser(self, link=None):
        link = urllib.parse.urlsplit(link or self.sign_in).path.removeprefix(self.base)
        return Browser(self, self.ask("GET", link))

    def stop(self, signal_number=signal.SIGTERM, seconds=30):
        """(exit code, what it said on standard error)"""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        _, errors = self.process.communicate(timeout=seconds)
        return self.process.returncode, errors


class Browser:
    """Cookie and CSRF token of one person."""

    def __init__(self, site, entered):
        self.site, self.cookie, self.csrf = site, "", ""
        self.entered = entered
        self.take(entered)
        if self.cookie:
            self.csrf = self.get("/me").json["csrf"]

    def take(self, answer):
        for value in answer.headers.get_all("Set-Cookie") or []:
            for morsel in http.cookies.SimpleCookie(value).values():
                self.cookie = f"{morsel.key}={morsel.value}" if morsel.value else ""

    def ask(self, method, path, body=None, **more):
        headers = {"Cookie": self.cookie, **more.pop("headers", {})}
        if method != "GET":
            headers["X-CSRF-Token"] = self.csrf
        answer = self.site.ask(method, "/api/v1" + path, body, headers, **more)
        self.take(answer)
        return answer

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, {} if body is None else body, **more)

    def wait_for(self, job, seconds=120):
        """Follows the job by its events; returns it when it ended."""
        connection = self.site.connect(seconds)
        try:
            connection.request("GET", f"{self.site.base}/api/v1/jobs/{job}/events", headers={"Cookie": self.cookie, "Accept": "text/event-stream"})
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            event = ""
            for line in answer:
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    event = line[7:]
                if line.startswith("data: ") and event == "done":
                    break
        finally:
            connection.close()
        return self.get(f"/jobs/{job}").json
