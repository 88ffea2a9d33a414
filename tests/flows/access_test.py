#!/usr/bin/env python3
"""Who may see and do what: roles by tenant and layer, masks, tokens and the audit, all through --as."""
import hashlib
import hmac
import json
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import textwrap

from lake import DOES_NOT_HOLD, FAILED, USAGE, FlowTest, Lake, program
from own_pack_test import write_pack

PEOPLE_PACK = {
    "pack.yaml": "pack: club\nversion: 1\ndescription: members of a club\n",
    "sources/club_members.yaml": """
        source: club_members
        description: members
        connector: files
        format: csv
        match: ["*.csv"]
        period: {from: none}
        feeds:
          - {table: bronze.club_members}
        """,
    "bronze/club_members.yaml": """
        table: bronze.club_members
        description: Members as delivered.
        write: append
        other_columns: keep
        columns:
          - {name: id, type: varchar}
          - {name: name, type: varchar, classification: personal, mask: hide}
          - {name: cpf, type: varchar, classification: personal, mask: hash}
          - {name: email, type: varchar, classification: personal, mask: email}
          - {name: card, type: varchar, classification: personal, mask: last4}
          - {name: city, type: varchar}
        """,
    "silver/club_members.yaml": """
        table: silver.club_members
        description: One row per member.
        grain: [id]
        write: replace
        columns:
          - {name: id, type: varchar, required: true}
          - {name: cpf, type: varchar, classification: personal, mask: hash}
          - {name: city, type: varchar}
        """,
    "silver/club_members.sql": "select id, cpf, city from bronze.club_members\n",
    "gold/club_cities.yaml": """
        table: gold.club_cities
        description: Members by city.
        grain: [city]
        write: replace
        columns:
          - {name: city, type: varchar}
          - {name: members, type: bigint}
        """,
    "gold/club_cities.sql": "select city, count(*) as members from silver.club_members group by city\n",
}
CPF, EMAIL, CARD, NAME, PHONE = "52998224725", "ana@example.com", "4111111111111111", "Ana Lima", "5511987654321"
CLEAR = [CPF, EMAIL, CARD, NAME, PHONE, "11144477735", "rui@example.org", "5500000000000004", "Rui Reis"]
MEMBERS = (f"id,name,cpf,email,card,city,phone\n1,{NAME},{CPF},{EMAIL},{CARD},Recife,{PHONE}\n"
           "2,Rui Reis,11144477735,rui@example.org,5500000000000004,Natal,5511912345678\n")
BILL = "Project;Product;Used On;Price;Currency\np1;Storm;2026-09-03;1.5;USD\np2;Drizzle;2026-09-04;0.25;USD\n"

PEOPLE = {"vera": "viewer", "alan": "analyst", "sara": "scientist", "ed": "engineer", "ada": "admin"}
PASSWORD = "a good long password"

# What each role gets in its tenant: y it may, n it may not. In the order of PEOPLE; gil, an analyst of the other tenant, finds no tenant.
MATRIX = [
    ("nyyyy", ["query", "--tenant", "acme", "from gold.club_cities"]),
    ("nnyyy", ["query", "--tenant", "acme", "select count(*) from silver.club_members"]),
    ("nnyyy", ["query", "--tenant", "acme", "select count(*) from silver.focus_cost_and_usage"]),
    ("nnnyy", ["query", "--tenant", "acme", "select count(*) from bronze.club_members"]),
    ("yyyyy", ["status", "--tenant", "acme"]),
    ("yyyyy", ["reconcile", "--tenant", "acme"]),
    ("yyyyy", ["explain", "--tenant", "acme", "BilledCost where ServiceName = 'Storm'"]),
    ("nnyyy", ["explain", "--tenant", "acme", "silver.focus_cost_and_usage.BilledCost where ServiceName = 'Storm'"]),
    ("yyyyy", ["release", "list", "--tenant", "acme"]),
    ("yyyyy", ["check", "--tenant", "acme"]),
    ("yyyyy", ["certificate", "list", "--tenant", "acme"]),
    ("nnnyy", ["certificate", "issue", "--tenant", "acme"]),
    ("nnnyy", ["certificate", "verify", "--tenant", "acme"]),
    ("yyyyy", ["certificate", "show", "--tenant", "acme"]),
    ("yyyyy", ["history", "gold.club_cities", "--tenant", "acme"]),
    ("nnnyy", ["history", "bronze.club_members", "--tenant", "acme"]),
    ("nnyyy", ["export", "focus", "--tenant", "acme", "--out", "focus.csv"]),
    ("nnyyy", ["validate", "focus", "--tenant", "acme"]),
    ("nnnyy", ["plan", "--tenant", "acme"]),
    ("nnnyy", ["run", "--tenant", "acme"]),
    ("nnnyy", ["land", "--tenant", "acme"]),
    ("nnnyy", ["source", "probe", "club_members", "--tenant", "acme"]),
    ("nnnyy", ["release", "rollback", "1", "--tenant", "acme"]),
    ("nnnyy", ["optimize", "gold.club_cities", "--tenant", "acme"]),
    ("nnnyy", ["vacuum", "gold.club_cities", "--tenant", "acme"]),
    ("nnnyy", ["replay", "--tenant", "acme"]),
    ("nnnny", ["period", "close", "--tenant", "acme", "2026-09", "--force", "--reason", "test"]),
    ("nnnny", ["statement", "issue", "--tenant", "acme", "--period", "2026-09"]),
    ("nnnny", ["invoice", "remove", "--tenant", "acme", "--period", "2026-09", "INV-0"]),
    ("nnnny", ["tenant", "set", "acme", "--name", "Acme"]),
    ("nnnny", ["source", "remove", "no-such", "--tenant", "acme"]),
]
# The same for commands of no tenant.
LAKE_MATRIX = [
    ("nnnny", ["tenant", "add", "acme", "--pack", "club", "--source", "x"]),
    ("nnnny", ["user", "list"]),
    ("nnnny", ["user", "add", "ana"]),
    ("nnnny", ["user", "link", "vera"]),
    ("nnnny", ["user", "password", "gil", "--password-stdin"]),
    ("nnnny", ["token", "list"]),
    ("nnnny", ["token", "add", "x", "--user", "gil", "--days", "0"]),
    ("nnnny", ["grant", "list"]),
    ("nnnny", ["grant", "add", "vera", "admin", "--tenant", "no-such"]),
    ("nnnny", ["audit", "list"]),
    ("nnnny", ["audit", "verify"]),
    ("nnnny", ["doctor"]),
    ("yyyyy", ["tenant", "list"]),
    ("yyyyy", ["lineage"]),
    ("yyyyy", ["version"]),
]


class Access(FlowTest):
    @classmethod
    def setUpClass(cls):
        cls.shared_folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-access-"))
        lake = Lake(cls.shared_folder / "lake")
        write_pack(lake.folder / "packs" / "nimbus")
        contract = lake.folder / "packs/nimbus/silver/nimbus_cost_and_usage.yaml"
        plain = '- {name: ChargeDescription, type: "varchar"}'
        assert plain in contract.read_text()
        contract.write_text(contract.read_text().replace(plain, plain[:-1] + ", classification: personal, mask: hash}"))
        for name, text in PEOPLE_PACK.items():
            path = lake.folder / "packs/club" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())
        for tenant in ("acme", "globex"):
            for name, file, text in (("club", "members.csv", MEMBERS), ("nimbus", "usage-2026-09.csv", BILL)):
                folder = cls.shared_folder / tenant / name
                folder.mkdir(parents=True)
                (folder / file).write_text(text)
            lake("tenant", "add", tenant, "--pack", "club", "--pack", "nimbus", "--source", f"club_members={cls.shared_folder / tenant / 'club'}",
                 "--source", f"nimbus_usage={cls.shared_folder / tenant / 'nimbus'}")
        lake("run")
        lake("--as", "somebody", "status")  # only a name while there are no people
        cls.pristine = lake.folder
        for user, role in PEOPLE.items():
            lake("user", "add", user, "--role", role, "--tenant", "*" if role == "admin" else "acme")
        lake("user", "add", "gil", "--role", "analyst", "--tenant", "globex")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared_folder, ignore_errors=True)

    def lake(self, name="lake"):
        """A copy of the lake that the class made."""
        copy = self.folder / name
        shutil.copytree(self.pristine, copy, copy_function=shutil.copy2)
        return Lake(copy)

    def act(self, lake, user, arguments, stdin=""):
        """Exit code, output, and the kind of the error ("" for none)."""
        done = subprocess.run([str(program()), "--lake", str(lake.folder), "--json", "--as", user, *map(str, arguments)], capture_output=True,
                              text=True, input=stdin, timeout=120, cwd=self.folder)
        kind = ""
        if done.returncode:
            kind = json.loads(done.stderr[done.stderr.index('{"error"') if '{"error"' in done.stderr else done.stderr.index("{"):])["error"]["kind"]
        return done.returncode, done.stdout, done.stderr, kind

    def test_matrix_of_roles_and_commands(self):
        lake = self.lake()
        answers = 0
        for expected, arguments in MATRIX + LAKE_MATRIX:
            for user, letter in zip(PEOPLE, expected):
                code, out, error, kind = self.act(lake, user, arguments, "short")
                words = f"{user}: {' '.join(arguments)}\n{error}"
                may = kind != "permission_denied" and not (kind == "not_found" and "no table" in error)
                self.assertEqual(letter == "y", may, words)
                if not may:
                    self.assertEqual(FAILED, code, words)
                    self.assertEqual("", out, words)
                answers += 1
        for _, arguments in MATRIX:
            code, out, error, kind = self.act(lake, "gil", arguments)
            may_not = kind == "permission_denied" and arguments[0] in ("tenant", "source")  # what only managers may
            self.assertTrue(may_not or (kind == "not_found" and "no such tenant" in error), f"gil: {arguments}\n{error}")
            self.assertEqual("", out)
            self.assertNotIn("acme, globex", error)
            answers += 1
        self.say(f"{answers} answers are as expected")

    def test_a_tenant_out_of_sight_is_like_none(self):
        lake = self.lake()
        hidden = self.act(lake, "gil", ["query", "--tenant", "acme", "select 1"])[2].replace("acme", "T")
        absent = self.act(lake, "gil", ["query", "--tenant", "nosuch", "select 1"])[2].replace("nosuch", "T")
        self.assertEqual(absent, hidden)
        self.assertEqual(["globex"], [row["id"] for row in json.loads(self.act(lake, "gil", ["tenant", "list"])[1])])
        self.assertEqual(["globex"], [row["id"] for row in json.loads(self.act(lake, "gil", ["status"])[1])])
        self.assertEqual("permission_denied", self.act(lake, "gil", ["run"])[3])
        self.assertEqual("globex\n", self.act(lake, "gil", ["completion", "--words", "tenants"])[1])
        self.assertEqual({"acme"}, {row["tenant"] for row in json.loads(self.act(lake, "ed", ["run"])[1])})

    def test_masks_in_queries_and_files(self):
        lake = self.lake()
        _, out, _, _ = self.act(lake, "ed", ["query", "--tenant", "acme", "select * from bronze.club_members order by id"])
        ana = json.loads(out)[0]
        key = (lake.folder / "tenants/acme/.secrets/mask.key").read_text().strip()
        reading = hmac.new(key.encode(), b"centavo reading key", hashlib.sha256).hexdigest()
        self.assertEqual(hmac.new(reading.encode(), CPF.encode(), hashlib.sha256).hexdigest(), ana["cpf"])
        self.assertEqual(("a***@example.com", "************1111", None, None, "Recife"),
                         (ana["email"], ana["card"], ana["name"], ana["phone"], ana["city"]))
        for sql in ("from bronze.club_members", "from silver.club_members", "from (summarize bronze.club_members)", "from silver.focus_cost_and_usage",
                    "select cast(cpf as int) from bronze.club_members", "select error(card || email) from bronze.club_members",
                    "select max(email), min(phone) from bronze.club_members", f"from bronze.club_members where cpf = '{CPF}'",
                    f"from bronze.club_members where name like 'Ana%'", "select stats(cpf) from bronze.club_members"):
            for user in ("ed", "ada"):
                _, out, error, _ = self.act(lake, user, ["query", "--tenant", "acme", sql])
                for clear in CLEAR:
                    self.assertNotIn(clear, out + error.replace(sql, ""), f"{user}: {sql}")
        self.assertEqual("[]", "".join(self.act(lake, "ed", ["query", "--tenant", "acme", f"from bronze.club_members where cpf = '{CPF}'"])[1].split()))
        for file in ("people.csv", "people.jsonl", "people.parquet"):
            self.assertEqual(0, self.act(lake, "ed", ["query", "--tenant", "acme", "--out", self.folder / file, "from bronze.club_members"])[0])
            for clear in CLEAR:
                self.assertNotIn(clear.encode(), (self.folder / file).read_bytes())
        self.say("the interface's view, and what is exported of it")
        self.assertEqual("0", json.dumps(json.loads(self.act(lake, "sara", [
            "query", "--tenant", "acme", "select count(*) as n from silver.focus_cost_and_usage where ChargeDescription = 'Storm'"])[1])[0]["n"]))
        self.assertEqual("1", lake.value("acme", "select count(*) from silver.focus_cost_and_usage where ChargeDescription = 'Storm'"))
        self.assertEqual(0, self.act(lake, "sara", ["export", "focus", "--tenant", "acme", "--out", self.folder / "masked.csv"])[0])
        lake("export", "focus", "--tenant", "acme", "--out", self.folder / "clear.csv")
        self.assertEqual(4, (self.folder / "clear.csv").read_text().count("Storm") + (self.folder / "clear.csv").read_text().count("Drizzle"))
        self.assertEqual(2, (self.folder / "masked.csv").read_text().count("Storm") + (self.folder / "masked.csv").read_text().count("Drizzle"))
        self.say("raw samples mask nothing, so they are refused")
        self.assertEqual("permission_denied", self.act(lake, "ed", ["source", "sample", "club_members", "--tenant", "acme"])[3])

        self.say("a grant shows one column in clear, in one tenant, at once, and can be taken back")
        self.assertEqual(0, self.act(lake, "ada", ["grant", "add", "ed", "--tenant", "acme", "--unmask", "bronze.club_members.cpf"])[0])
        ana = json.loads(self.act(lake, "ed", ["query", "--tenant", "acme", "from bronze.club_members order by id"])[1])[0]
        self.assertEqual((CPF, None), (ana["cpf"], ana["name"]))
        self.assertNotIn(CPF, self.act(lake, "ed", ["query", "--tenant", "acme", "from silver.club_members"])[1])
        self.assertNotIn(CPF, self.act(lake, "ada", ["query", "--tenant", "acme", "from bronze.club_members"])[1])
        self.assertEqual(0, self.act(lake, "ada", ["grant", "remove", "ed", "--tenant", "acme", "--unmask", "bronze.club_members.cpf"])[0])
        self.assertNotIn(CPF, self.act(lake, "ed", ["query", "--tenant", "acme", "from bronze.club_members"])[1])
        self.assertIn(CPF, lake("query", "--tenant", "acme", "from bronze.club_members").stdout, "the owner of the folder has no masks")

    def test_explain_asks_nothing_of_what_is_masked(self):
        lake = self.lake()
        for user in ("sara", "ed"):
            for question in ("BilledCost where ChargeDescription = 'Storm'", "BilledCost where lower(chargedescription) like 's%'",
                             f"BilledCost where exists (select 1 from bronze.club_members where cpf = '{CPF}')"):
                self.assertEqual("permission_denied", self.act(lake, user, ["explain", "--tenant", "acme", question])[3], question)
        line = lambda user: json.loads(self.act(lake, user, ["explain", "--tenant", "acme", "silver.focus_cost_and_usage.BilledCost where ServiceName = 'Storm'"])[1])["lines"][0]
        self.assertEqual("", line("sara")["raw"], "raw records are of the layer bronze")
        self.assertIn("Storm", line("ed")["raw"])
        self.assertEqual("permission_denied", self.act(lake, "sara", ["diff", "1", "2", "--tenant", "acme", "--by", "ChargeDescription"])[3]
                         if len(lake.releases("acme")) > 1 else "permission_denied")

    def test_retail_people_are_masked(self):
        lake = self.lake()
        shop = self.folder / "shop"
        lake("generate", "retail", "--seed", "7", "--rows", "200", "--out", shop)
        lake.add("loja", "retail", shop)
        lake.run("loja")
        columns = "cpf_masked, email_masked, credit_card_masked"
        clear = lake.query("loja", f"select {columns} from silver.retail_customers order by all limit 20")
        lake("user", "add", "leo", "--role", "scientist", "--tenant", "loja")
        _, out, _, _ = self.act(lake, "leo", ["query", "--tenant", "loja", f"select {columns} from silver.retail_customers"])
        self.assertGreater(len(json.loads(out)), 10)
        for row in clear:
            self.assertNotIn(row["cpf_masked"], out)
            self.assertNotIn(row["credit_card_masked"], out)
        raw = lake.query("loja", "select cpf, email, credit_card_number, name from bronze.retail_customers")
        lake("grant", "add", "leo", "engineer", "--tenant", "loja")
        _, out, _, _ = self.act(lake, "leo", ["query", "--tenant", "loja", "from bronze.retail_customers"])
        self.assertGreater(len(json.loads(out)), 10)
        for row in raw:
            for value in row.values():
                if len(value) > 6:
                    self.assertNotIn(value, out)

    def test_people_come_and_go(self):
        lake = self.lake()
        self.assertEqual("not_found", self.act(lake, "ghost", ["status"])[3])
        lake("user", "disable", "ed")
        self.assertEqual("permission_denied", self.act(lake, "ed", ["status"])[3])
        lake("user", "enable", "ed")
        self.assertEqual("", self.act(lake, "ed", ["status"])[3])
        self.say("the last administrator stays")
        for arguments in (["user", "remove", "ada", "--yes"], ["user", "disable", "ada"], ["grant", "remove", "ada", "admin", "--tenant", "*"]):
            self.assertIn("without an administrator", lake(*arguments, code=FAILED).stderr)
        self.say("one's own password and tokens")
        self.assertEqual("", self.act(lake, "vera", ["user", "password", "vera", "--password-stdin"], PASSWORD + "\n")[3])
        self.assertEqual("invalid_argument", self.act(lake, "vera", ["user", "password", "vera", "--password-stdin"], "short\n")[3])
        token = json.loads(self.act(lake, "vera", ["token", "add", "mine", "--user", "vera"])[1])
        self.assertTrue(token["token"].startswith("cvt_"))
        self.assertEqual([token["id"]], [row["id"] for row in json.loads(self.act(lake, "vera", ["token", "list", "--user", "vera"])[1])])
        self.assertEqual("not_found", self.act(lake, "alan", ["token", "end", token["id"]])[3])
        self.assertEqual("", self.act(lake, "vera", ["token", "end", token["id"]])[3])
        self.say("no secret is in the file, nor personal data in the audit")
        link = lake.json("user", "link", "vera")["path"].rsplit("/", 1)[1]
        data = b"".join(path.read_bytes() for path in lake.folder.glob("access.sqlite*"))
        for secret in (PASSWORD, token["token"], link):
            self.assertNotIn(secret.encode(), data)
        self.assertEqual(0o600, (lake.folder / "access.sqlite").stat().st_mode & 0o777)
        self.assertEqual(USAGE, lake("user", "add", "New User", code=USAGE).returncode)
        self.assertEqual(USAGE, lake("user", "password", "vera", code=USAGE).returncode, "no terminal, no password")
        self.say("who owns the folder lets somebody in when no administrator can")
        self.assertTrue(lake("user", "link", "ada").stdout.startswith("/link/"))

    def test_the_audit_tells_who_and_finds_tampering(self):
        lake = self.lake()
        self.act(lake, "vera", ["run", "--tenant", "acme"])
        self.act(lake, "alan", ["query", "--tenant", "acme", f"from silver.club_members where cpf = '{CPF}'"])
        self.act(lake, "ada", ["tenant", "set", "acme", "--name", "Acme"])
        lake("tenant", "set", "acme", "--sla-hours", "12")
        entries = lake.json("audit", "list", "--limit", "4")
        self.assertEqual([("(owner)", "tenant set", "acme", "done"), ("ada", "tenant set", "acme", "done"), ("alan", "query", "acme", "refused"),
                          ("vera", "run", "acme", "refused")], [(e["user"], e["action"], e["tenant"], e["outcome"]) for e in entries])
        self.assertNotIn(CPF, json.dumps(lake.json("audit", "list", "--limit", "1000")))
        head = lake.json("audit", "verify")["head"]
        lake("audit", "verify", "--head", head)
        before = (lake.folder / "access.sqlite").read_bytes()
        for change in ("update audit set user_id = 'gil' where number = 3", "delete from audit where number = 2",
                       "delete from audit where number = (select max(number) from audit)",
                       "update audit set outcome = 'done' where outcome = 'refused'"):
            with sqlite3.connect(lake.folder / "access.sqlite") as database:
                database.execute(change)
            database.close()
            done = lake("audit", "verify", code=DOES_NOT_HOLD)
            self.assert_one_clear_error(done, "audit", "entr")
            for path in lake.folder.glob("access.sqlite*"):
                path.unlink()
            (lake.folder / "access.sqlite").write_bytes(before)
            (lake.folder / "access.sqlite").chmod(0o600)
        lake("audit", "verify")
        lake("audit", "verify", "--head", "3:" + "0" * 64, code=DOES_NOT_HOLD)
        (lake.folder / "access.sqlite").chmod(0o644)
        self.assertIn("chmod 600", lake("audit", "verify", code=FAILED).stderr)

    def test_every_command_says_what_it_needs(self):
        sources = pathlib.Path(__file__).resolve().parents[2] / "src/app/cli"
        actions = 0
        for path in sorted(sources.glob("*.cc")):
            text = path.read_text()
            if path.name in ("args.cc", "permission.cc"):
                continue
            actions += text.count(".action(")
            self.assertEqual(text.count(".action("), text.count(".needs("), f"{path.name}: an action without needs(), or the other way round")
        self.assertGreater(actions, 60)


if __name__ == "__main__":
    import unittest
    unittest.main()
