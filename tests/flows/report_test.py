#!/usr/bin/env python3
"""The month as one page: its numbers are those of `query`, each table adds up, nothing comes from elsewhere, and PDF is there when a Chromium is."""
import decimal
import html.parser
import json
import os
import re
import shutil
import unittest

from explore_test import random_bill, write_bill
from lake import FAILED, USAGE, FlowTest

D = decimal.Decimal
decimal.getcontext().prec = 60


class Tables(html.parser.HTMLParser):
    """Tables of a page: per table rows of cells, each its text and the exact amount in its title."""

    def __init__(self, page):
        super().__init__()
        self.tables, self.tags, self.headings, self.title = [], set(), [], None
        self.cell = self.heading = None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        attributes = dict(attributes)
        if tag == "table":
            self.tables.append((self.headings[-1] if self.headings else "", []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th") and self.tables:
            self.cell = {"text": "", "exact": None}
            self.tables[-1][1][-1].append(self.cell)
        elif tag == "h2":
            self.heading = ""
        elif tag == "span" and self.cell is not None and re.fullmatch(r"-?[\d.]+ [A-Z]{3}", attributes.get("title", "")):
            self.cell["exact"] = D(attributes["title"].split()[0])

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.cell = None
        if tag == "h2":
            self.headings.append(self.heading)
            self.heading = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell["text"] += data
        if self.heading is not None:
            self.heading += data


class Report(FlowTest):
    def setUp(self):
        super().setUp()
        self.made = self.lake()
        write_bill(self.folder / "bills", random_bill(11))
        self.made.add("acme", "focus", self.folder / "bills", "--name", "Acme & <b>Sons</b>")
        self.made.run("acme")

    def page(self, *more, name="report.html"):
        out = self.folder / name
        told = json.loads(self.made("report", "--tenant", "acme", "--period", "2026-09", "--out", out, "--json", *more).stdout)
        self.assertEqual(told["file"], str(out))
        return told, out.read_text()

    def test_its_numbers_are_querys_and_every_table_adds_up(self):
        self.made("certificate", "issue", "--tenant", "acme", "--period", "2026-09")
        for measure, language in (("EffectiveCost", "en"), ("BilledCost", "pt-BR")):
            told, page = self.page("--measure", measure, "--lang", language)
            where = "where billing_period = '2026-09-01' and BillingCurrency = 'USD'"
            total = D(self.made.value("acme", f"select sum({measure}) from gold.cost_by_month {where}"))
            self.assertEqual(D(told["total"]), total)
            found = Tables(page)
            by_head = {}
            for heading, rows in found.tables:
                by_head[heading] = [[cell for cell in row] for row in rows]
            self.assertIn("By service" if language == "en" else "Por serviço", by_head)
            sums = 0
            for heading, rows in by_head.items():
                if not re.match(r"By|Por|Who pays|Quem paga", heading):
                    continue
                amounts = [[cell["exact"] for cell in row if cell["exact"] is not None] for row in rows[1:]]
                self.assertEqual(sum(row[0] for row in amounts[:-1]), total, heading)
                self.assertEqual(amounts[-1][0], total, heading)
                sums += 1
            self.assertEqual(sums, 4)
            services = {row[0]["text"]: row for row in by_head["By service" if language == "en" else "Por serviço"]}
            for row in self.made.query("acme", f"select ServiceName, sum({measure}) as cost from gold.cost_by_month {where} group by 1"):
                exact = next(cell["exact"] for cell in services[row["ServiceName"]] if cell["exact"] is not None)
                self.assertEqual(exact, D(row["cost"]))
            shown = f"{abs(total).quantize(D('0.01'), rounding=decimal.ROUND_HALF_UP):,}"
            self.assertIn(shown if language == "en" else shown.translate(str.maketrans(",.", ".,")), page)
            certificate = self.made.json("certificate", "list", "--tenant", "acme")[-1]
            self.assertIn(certificate["seal"], page)
            self.assertIn(f'<html lang="{language}">', page)

    def test_it_is_whole_and_runs_nothing(self):
        _, page = self.page()
        found = Tables(page)
        self.assertFalse(found.tags & {"script", "link", "img", "iframe", "object", "form", "a"}, found.tags)
        self.assertNotRegex(page, r"https?:|url\(|@import|javascript|<b>Sons")
        self.assertIn("Acme &amp; &lt;b&gt;Sons", page)
        self.assertIn("Not certified", page)
        self.assertIn("@page", page)
        self.assertEqual(page.count("<rect"), 30)

    def test_what_cannot_be_made_is_said_and_leaves_no_file(self):
        for arguments, words in ((("--period", "2026-01"), ["no cost of 2026-01", "2026-09"]), (("--period", "September"), ["September"]),
                                 (("--period", "2026-09", "--currency", "EUR"), ["EUR"])):
            out = self.folder / "none.html"
            done = self.made("report", "--tenant", "acme", *arguments, "--out", out, code=(FAILED, USAGE))
            self.assert_one_clear_error(done, *words)
            self.assertFalse(out.exists())
        broken = self.folder / "chromium"
        broken.write_text("#!/bin/sh\nexit 3\n")
        broken.chmod(0o755)
        for environment, words in (({"PATH": str(self.folder / "nowhere"), "CENTAVO_CHROMIUM": ""}, ["no Chromium"]), ({"CENTAVO_CHROMIUM": str(broken)}, ["made no PDF", "3"])):
            out = self.folder / "none.pdf"
            done = self.made("report", "--tenant", "acme", "--period", "2026-09", "--pdf", "--out", out, code=FAILED, environment=environment)
            self.assert_one_clear_error(done, *words)
            self.assertFalse(out.exists())
        self.assertEqual([path.name for path in self.folder.glob(".*.part")], [])

    def test_pdf(self):
        if not os.environ.get("CENTAVO_CHROMIUM") and not shutil.which("chromium"):
            self.skipTest("no Chromium on this machine (scripts/setup browser)")
        out = self.folder / "report.pdf"
        self.made("report", "--tenant", "acme", "--period", "2026-09", "--pdf", "--out", out)
        data = out.read_bytes()
        self.assertTrue(data.startswith(b"%PDF-") and b"%%EOF" in data[-32:])
        self.assertGreater(data.count(b"/Type /Page\n") + data.count(b"/Type/Page\n") + data.count(b"/Type /Page/") + data.count(b"/Page "), 0)


if __name__ == "__main__":
    unittest.main()
