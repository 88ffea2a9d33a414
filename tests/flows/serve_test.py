#!/usr/bin/env python3
"""centavo serve: signing in, the numbers, the rights, files, jobs, TLS, a base path, hostile clients, a graceful end."""
import csv
import decimal
import io
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from lake import FAILED, USAGE, FlowTest, Lake, centavo, wait_for
from serving import Site

D = decimal.Decimal
PASSWORD = "a sentence is a good password"


def setUpModule():
    global folder, demo
    folder = tempfile.TemporaryDirectory(prefix="centavo-serve-")
    centavo("demo", f"{folder.name}/lake", "--no-serve", "--rows", 5000, "--quiet")
    demo = Lake(f"{folder.name}/lake")


def tearDownModule():
    folder.cleanup()


class Served(FlowTest):
    def serve(self, *arguments):
        site = Site(demo, *arguments)
        self.addCleanup(site.stop)
        return site

    def administrator(self, site):
        """Signed in by password, or by the first link, which sets it."""
        if site.sign_in:
            browser = site.as_browser()
            answer = browser.post("/me/password", {"new": PASSWORD})
            self.assertEqual(200, answer.status, answer.body)
            return browser
        return self.sign_in(site, "admin", PASSWORD)

    def sign_in(self, site, user, password):
        from serving import Browser
        return Browser(site, site.ask("POST", "/api/v1/session", {"user": user, "password": password}))

    def add_person(self, admin, name, role, tenant="acme"):
        answer = admin.post("/users", {"id": name, "roles": [{"role": role, "tenant": tenant}]})
        self.assertEqual(201, answer.status, answer.body)
        return admin.site.as_browser(answer.json["link"])


class FirstSteps(Served):
    def test_the_first_link_works_once_and_is_printed_until_there_is_a_password(self):
        lake = self.lake()
        site = Site(lake)
        self.addCleanup(site.stop)
        self.assertTrue(site.sign_in)
        first = site.as_browser()
        self.assertEqual(303, first.entered.status)
        self.assertTrue(first.entered.headers["Location"].endswith("/welcome"))
        self.assertIn("HttpOnly", first.entered.headers["Set-Cookie"])
        again = site.as_browser()
        self.assertIn("link=expired", again.entered.headers["Location"])
        self.assertEqual("", again.cookie)
        site.stop()
        self.say("nobody has a password yet: the next start prints a link again")
        site = Site(lake)
        self.addCleanup(site.stop)
        self.assertTrue(site.sign_in)
        browser = site.as_browser()
        self.assertEqual(400, browser.post("/me/password", {"new": "short"}).status)
        self.assertEqual(200, browser.post("/me/password", {"new": PASSWORD}).status)
        site.stop()
        site = Site(lake)
        self.addCleanup(site.stop)
        self.assertIsNone(site.sign_in)
        self.assertEqual(401, site.ask("POST", "/api/v1/session", {"user": "admin", "password": "x" * 12}).status)
        self.assertEqual(200, self.sign_in(site, "admin", PASSWORD).get("/me").status)
        self.say("an empty lake answers with what to do, not with a fault")
        admin = self.sign_in(site, "admin", PASSWORD)
        self.assertEqual([], admin.get("/tenants").json)
        self.assertEqual(404, admin.get("/t/nobody/meta").status)

    def test_no_secret_stands_in_a_log(self):
        site = self.serve()
        admin = self.administrator(site)
        token = admin.post("/tokens", {"name": "t", "scopes": ["read"], "days": 1}).json["token"]
        site.ask("GET", "/api/v1/t/acme/cost?f.ServiceName=secret-filter", headers={"Authorization": f"Bearer {token}"})
        link = admin.post("/users", {"id": "noel", "roles": []}).json["link"]
        site.as_browser(link)
        _, log = site.stop()
        self.assertIn("/api/v1/t/acme/cost", log)
        for secret in (token, link.rsplit("/", 1)[1], PASSWORD, admin.cookie.split("=", 1)[1], admin.csrf, "secret-filter", "127.0.0.1 "):
            self.assertNotIn(secret, log)

    def test_wrong_options_are_said(self):
        for arguments, word in ((["--listen", "nowhere"], "ADDRESS:PORT"), (["--listen", "127.0.0.1:99999999"], "port"),
                                (["--tls-cert", "x.pem"], "--tls-key"), (["--tls-cert", "/nowhere", "--tls-key", "/nowhere"], "nowhere")):
            done = demo("serve", *arguments, code=(FAILED, USAGE))
            self.assert_one_clear_error(done, word)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = demo("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", code=(FAILED, USAGE))
            self.assert_one_clear_error(done, "port")


class Numbers(Served):
    def test_what_the_api_says_is_what_query_says(self):
        admin = self.administrator(self.serve())
        newest = demo.value("acme", "select max(billing_period)::varchar from gold.cost_by_month")
        for measure in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
            want = D(demo.value("acme", f"select sum({measure}) from gold.cost_by_month where billing_period = '{newest}'"))
            cost = admin.get(f"/t/acme/cost?m={measure}&by=ServiceName").json
            self.assertEqual(want, D(cost["total"]))
            self.assertEqual(want, sum(D(row["value"]) for row in cost["rows"]))
            self.assertEqual(want, sum(D(v) for row in cost["series"]["rows"] for v in row["values"]))
            self.assertEqual(want, D(admin.get(f"/t/acme/overview?m={measure}").json["total"]))
            pivot = admin.get(f"/t/acme/pivot?val={measure}:sum&r=ServiceCategory,ServiceName").json
            self.assertEqual(want, D(pivot["grand"]["total"][0]))
            rows = list(csv.DictReader(io.StringIO(admin.get(f"/t/acme/cost?m={measure}&by=ServiceName&c=none&format=csv").text)))
            column = measure if measure in rows[0] else "value"
            self.assertEqual(want, sum(D(row[column]) for row in rows))
        self.say("a filter, a tag, another period, another release")
        service = demo.value("acme", f"select ServiceName from gold.cost_by_month where billing_period = '{newest}' and ServiceName not like '%,%' group by 1 order by sum(EffectiveCost) desc limit 1")
        from urllib.parse import quote
        kept = admin.get(f"/t/acme/cost?by=RegionId&f.ServiceName={quote(service)}").json["total"]
        left = admin.get(f"/t/acme/cost?by=RegionId&x.ServiceName={quote(service)}").json["total"]
        total = admin.get("/t/acme/cost").json["total"]
        self.assertEqual(D(total), D(kept) + D(left))
        tagged = admin.get("/t/acme/cost?by=tag:team&p=all").json
        self.assertEqual(D(admin.get("/t/acme/cost?p=all").json["total"]), sum(D(row["value"]) for row in tagged["rows"]))
        first = admin.get("/t/acme/cost?rel=1&p=all&m=BilledCost").json["total"]
        self.assertEqual(D(demo.value("acme", "select sum(BilledCost) from gold.cost_by_month", "--release", 1)), D(first))

    def test_explained_numbers_add_up_to_raw_rows(self):
        admin = self.administrator(self.serve())
        found = admin.get("/t/acme/explain?m=BilledCost&f.ChargeCategory=Tax&lines=1000").json
        self.assertTrue(found["holds"])
        self.assertEqual(D(found["total"]), D(found["total_of_lines"]))
        self.assertEqual(D(found["total"]), sum(D(line["amount"]) for line in found["lines"]))
        self.assertIn("line_item_unblended_cost", found["lines"][0]["raw"])
        self.assertEqual(D(found["total"]), sum(D(file["amount"]) for file in found["files"]))
        viewer = self.add_person(admin, "vi", "viewer")
        theirs = viewer.get("/t/acme/explain?m=BilledCost&f.ChargeCategory=Tax&lines=5").json
        self.assertEqual(found["total"], theirs["total"])
        self.assertTrue(all(line["raw"] is None for line in theirs["lines"]))

    def test_words_that_are_off_are_said(self):
        admin = self.administrator(self.serve())
        for path in ("/t/acme/cost?p=2026-13", "/t/acme/cost?by=Nothing", "/t/acme/cost?m=Nothing", "/t/acme/cost?nonsense=1", "/t/acme/cost?f.Nothing=1",
                     "/t/acme/cost?g=week", "/t/acme/pivot?val=BilledCost:avg", "/t/acme/lines?cursor=%ff", "/t/acme/cost?limit=x",
                     "/t/acme/cost?by=ServiceName,RegionId,ChargeCategory,SubAccountId", "/t/acme/cost?format=exe", "/t/acme/diff?a=1&b=x", "/t/acme/cost?cur=XYZ"):
            answer = admin.get(path)
            self.assertIn(answer.status, (400, 404, 422), path)
            problem = answer.json
            self.assertTrue(problem["detail"] or problem["title"], path)
            self.assertEqual("application/problem+json", answer.headers["Content-Type"].split(";")[0])

    def test_files_of_all_kinds_hold_the_same_total(self):
        admin = self.administrator(self.serve())
        want = D(demo.value("acme", "select sum(BilledCost) from gold.cost_by_month"))
        lines = admin.get("/t/acme/lines?p=all&m=BilledCost&format=csv")
        self.assertEqual(want, sum(D(row["BilledCost"]) for row in csv.DictReader(io.StringIO(lines.text))))
        rows = [json.loads(line) for line in admin.get("/t/acme/lines?p=all&m=BilledCost&format=jsonl").text.splitlines()]
        self.assertEqual(want, sum(D(str(row["BilledCost"])) for row in rows))
        parquet = self.folder / "lines.parquet"
        parquet.write_bytes(admin.get("/t/acme/lines?p=all&m=BilledCost&format=parquet").body)
        self.assertEqual(b"PAR1", parquet.read_bytes()[:4])
        brazil = admin.get("/t/acme/cost?p=all&m=BilledCost&by=ServiceName&c=none&format=csvbr").body
        self.assertTrue(brazil.startswith("\ufeff".encode()))
        self.assertIn(b";", brazil)
        sheet = admin.get("/t/acme/cost?p=all&m=BilledCost&by=ServiceName&c=none&format=xlsx")
        self.assertEqual(b"PK", sheet.body[:2])
        self.assertIn("attachment", sheet.headers["Content-Disposition"])


class Rights(Served):
    def test_rights_by_role_and_tenants_apart(self):
        admin = self.administrator(self.serve())
        viewer, analyst = self.add_person(admin, "v1", "viewer"), self.add_person(admin, "a1", "analyst")
        engineer = self.add_person(admin, "e1", "engineer", "loja")
        for browser in (viewer, analyst):
            self.assertEqual(404, browser.get("/t/loja/tables").status)
            self.assertEqual(["acme"], [tenant["id"] for tenant in browser.get("/tenants").json])
            self.assertEqual({"gold"}, {table["layer"] for table in browser.get("/t/acme/tables").json})
            self.assertEqual(403, browser.get("/users").status)
            self.assertEqual(403, browser.post("/t/acme/runs").status)
        self.assertEqual(403, viewer.post("/t/acme/sql", {"sql": "select 1"}).status)
        self.assertEqual(200, analyst.post("/t/acme/sql", {"sql": "select count(*) from gold.cost_by_day"}).status)
        self.assertNotEqual(200, analyst.post("/t/acme/sql", {"sql": "select * from silver.focus_cost_and_usage"}).status)
        self.say("personal data is masked for who has no grant, clear for who has")
        sql = {"sql": "select cpf_masked from silver.retail_customers order by customer_id limit 3"}
        masked = [row[0] for row in engineer.post("/t/loja/sql", sql).json["rows"]]
        stored = [row["cpf_masked"] for row in demo.query("loja", sql["sql"])]
        self.assertNotEqual(stored, masked)
        grant = {"kind": "unmask", "tenant": "loja", "table": "silver.retail_customers", "column": "cpf_masked"}
        self.assertEqual(200, admin.ask("PUT", "/users/e1/grants", grant).status)
        self.assertTrue(wait_for(lambda: [row[0] for row in engineer.post("/t/loja/sql", sql).json["rows"]] == stored, 10))
        self.say("a disabled person is out at once")
        self.assertEqual(200, admin.ask("PATCH", "/users/v1", {"disabled": True}).status)
        self.assertTrue(wait_for(lambda: viewer.get("/me").status == 401, 10))

    def test_tokens_are_scoped_and_end(self):
        site = self.serve()
        admin = self.administrator(site)
        made = admin.post("/tokens", {"name": "excel", "scopes": ["read"], "tenant": "acme", "days": 1}).json
        use = {"Authorization": "Bearer " + made["token"]}
        self.assertEqual(200, site.ask("GET", "/api/v1/t/acme/cost?format=csv", headers=use).status)
        self.assertEqual(404, site.ask("GET", "/api/v1/t/loja/tables", headers=use).status)
        self.assertEqual(403, site.ask("POST", "/api/v1/t/acme/runs", {}, headers=use).status)
        self.assertEqual(401, site.ask("GET", "/api/v1/me", headers={"Authorization": "Bearer cvt_nothing"}).status)
        self.assertEqual(204, admin.ask("DELETE", f"/tokens/{made['id']}").status)
        self.assertTrue(wait_for(lambda: site.ask("GET", "/api/v1/t/acme/cost", headers=use).status == 401, 10))


class Work(Served):
    def test_a_run_from_the_page_is_followed_and_readers_go_on(self):
        admin = self.administrator(self.serve())
        stop, wrong, asked = threading.Event(), [], [0]
        total = admin.get("/t/acme/cost?p=all&m=BilledCost").json["total"]

        def read():
            while not stop.is_set():
                answer = admin.get("/t/acme/cost?p=all&m=BilledCost&by=ServiceName")
                asked[0] += 1
                if answer.status != 200 or answer.json["total"] != total:
                    wrong.append((answer.status, answer.body[:200]))
        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        job = admin.post("/t/acme/runs", {"full": True}).json["job"]
        done = admin.wait_for(job)
        stop.set()
        for reader in readers:
            reader.join()
        self.assertEqual("done", done["state"], done)
        self.assertEqual([], wrong)
        self.assertGreater(asked[0], 10)
        self.assertGreater(done["progress"]["total"], 0)

    def test_a_release_goes_back_while_it_is_read(self):
        admin = self.administrator(self.serve())
        newest = admin.get("/t/acme/releases").json[0]["number"]
        before = admin.get("/t/acme/cost?p=all&m=BilledCost").json["total"]
        then = admin.get("/t/acme/cost?p=all&m=BilledCost&rel=1").json["total"]
        self.assertNotEqual(before, then)
        answer = admin.post("/t/acme/releases/1/rollback")
        self.assertEqual(201, answer.status, answer.body)
        self.assertEqual(then, admin.get("/t/acme/cost?p=all&m=BilledCost").json["total"])
        self.assertEqual(201, admin.post(f"/t/acme/releases/{newest}/rollback").status)
        self.assertEqual(before, admin.get("/t/acme/cost?p=all&m=BilledCost").json["total"])

    def test_difference_certificates_statements_and_periods(self):
        admin = self.administrator(self.serve())
        first = admin.get("/t/acme/diff?a=1&b=2&m=BilledCost&by=ServiceName").json
        if "job" in first:
            done = admin.wait_for(first["job"])
            self.assertEqual("done", done["state"], done)
            first = admin.get("/t/acme/diff?a=1&b=2&m=BilledCost&by=ServiceName").json
        self.assertTrue(first["holds"])
        for total in first["totals"]:
            self.assertEqual(D(total["change"]), sum(D(part) for part in total["causes"].values()))
        certificates = admin.get("/t/acme/certificates").json
        self.assertGreaterEqual(len(certificates), 3)
        page = admin.get(f"/t/acme/certificates/{certificates[0]['certificate']}/page")
        self.assertIn("<html", page.text)
        self.assertIn("style-src 'sha256-", page.headers["Content-Security-Policy"])
        job = admin.wait_for(admin.post("/t/acme/certificates/verify").json["job"])
        self.assertEqual("done", job["state"], job)
        statements = admin.get("/t/acme/statements").json
        self.assertTrue(any(s["state"] == "closed" for s in statements))
        one = admin.get(f"/t/acme/statements/{statements[0]['number']}").json
        self.assertTrue(one["lines"])
        self.assertTrue(admin.get(f"/t/acme/statements/{statements[0]['number']}.csv").text.startswith("number,"))
        periods = admin.get("/t/acme/periods").json
        self.assertEqual("closed", periods[0]["state"])
        self.assertEqual("open", periods[-1]["state"])


class Wires(Served):
    def test_tls_alone_and_a_new_certificate_on_hangup(self):
        def certificate(days):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", "/CN=localhost", "-keyout",
                            str(self.folder / "key.pem"), "-out", str(self.folder / "cert.pem")], check=True, capture_output=True)
        certificate(1)
        site = self.serve("--tls-cert", self.folder / "cert.pem", "--tls-key", self.folder / "key.pem")
        self.assertTrue(site.address.startswith("https://"))
        admin = self.administrator(site)
        self.assertEqual(200, admin.get("/t/acme/cost").status)
        signed = self.sign_in(site, "admin", PASSWORD)
        self.assertIn("Secure", signed.entered.headers["Set-Cookie"])
        self.assertIn("Strict-Transport-Security", site.ask("GET", "/").headers)

        def served():
            connection = site.connect()
            connection.connect()
            try:
                return connection.sock.getpeercert(binary_form=True)
            finally:
                connection.close()
        old = served()
        certificate(2)
        site.process.send_signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: served() != old, 10))
        self.say("who speaks no TLS to it is let go, and it goes on")
        with socket.create_connection((site.host, site.port), 5) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            plain.settimeout(5)
            try:
                self.assertNotIn(b"200 OK", plain.recv(1000))
            except ConnectionError:
                pass
        self.assertEqual(200, site.ask("GET", "/healthz").status)

    def test_a_base_path(self):
        site = self.serve("--base-path", "/finops")
        self.assertTrue(site.address.endswith("/finops"))
        admin = self.administrator(site)
        self.assertEqual(200, admin.get("/me").status)
        page = site.ask("GET", "/t/acme/cost")
        if page.status == 200:
            self.assertIn('<base href="/finops/"', page.text)

    def test_hostile_bytes_leave_it_standing(self):
        site = self.serve()
        junk = [b"", b"\x00" * 5000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
                b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET //etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200)]
        for bytes_sent in junk + [os.urandom(300) for _ in range(50)]:
            with socket.create_connection((site.host, site.port), 5) as wire:
                wire.settimeout(5)
                try:
                    wire.sendall(bytes_sent)
                    wire.shutdown(socket.SHUT_WR)
                    answer = b""
                    while piece := wire.recv(65536):
                        answer += piece
                    self.assertNotIn(b"root:x:", answer)
                except (ConnectionError, socket.timeout):
                    pass
        self.assertEqual(200, site.ask("GET", "/healthz").status)

    def test_a_slow_reader_and_one_that_leaves_keep_nobody_waiting(self):
        site = self.serve()
        admin = self.administrator(site)
        leaving = []
        for _ in range(20):
            wire = socket.create_connection((site.host, site.port), 5)
            wire.sendall(f"GET {site.base}/api/v1/t/acme/lines?p=all&format=csv HTTP/1.1\r\nHost: x\r\nCookie: {admin.cookie}\r\n\r\n".encode())
            leaving.append(wire)
        time.sleep(0.2)
        for wire in leaving[:10]:
            wire.close()
        started = time.monotonic()
        self.assertEqual(200, admin.get("/t/acme/cost").status)
        self.assertLess(time.monotonic() - started, 5)
        for wire in leaving[10:]:
            wire.close()

    def test_a_query_ends_when_its_reader_leaves(self):
        site = self.serve()
        admin = self.administrator(site)
        body = json.dumps({"sql": "select count(*) from range(1000000000) a, range(1000000) b where a.range * b.range = 7", "timeout": 60})
        wire = socket.create_connection((site.host, site.port), 5)
        wire.sendall((f"POST {site.base}/api/v1/t/acme/sql HTTP/1.1\r\nHost: {site.host}:{site.port}\r\nCookie: {admin.cookie}\r\nX-CSRF-Token: {admin.csrf}\r\n"
                      f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
        time.sleep(0.5)
        wire.close()

        def quiet():
            stat = pathlib.Path(f"/proc/{site.process.pid}/stat").read_text().split()
            before = int(stat[13]) + int(stat[14])
            time.sleep(0.5)
            stat = pathlib.Path(f"/proc/{site.process.pid}/stat").read_text().split()
            return int(stat[13]) + int(stat[14]) - before < 20
        self.assertTrue(wait_for(quiet, 20), "the engine goes on for nobody")

    def test_ends_cleanly_and_says_so_to_those_who_wait(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            site = self.serve()
            self.administrator(site)
            code, errors = site.stop(number)
            self.assertIn(code, (0, 130), errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
