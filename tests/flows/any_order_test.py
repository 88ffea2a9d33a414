#!/usr/bin/env python3
"""A bill is the same whatever order its files and rows come in, however many files they make and however many threads read them: same rows, sums and certificates."""
import gzip
import json
import random
import shutil
import unittest

import bill
from certificate_faults_test import SEEDS, AzureBill, DatabricksBill, GcpBill, random_bill
from lake import FlowTest, Lake

LAYOUTS = ((1, 11), (3, 12), (8, 13))   # threads, and the dice that shuffle


def cut(rows, dice):
    """The rows in another order, in one to four files, one of which may be empty."""
    rows = list(rows)
    dice.shuffle(rows)
    parts = dice.randint(1, 4)
    borders = sorted(dice.randint(0, len(rows)) for _ in range(parts - 1))
    return [rows[a:b] for a, b in zip([0, *borders], [*borders, len(rows)])]


def azure(home, dice):
    for manifest in sorted(home.rglob("manifest.json")):
        said = json.loads(manifest.read_text())
        names = [manifest.parent / blob["blobName"].rsplit("/", 1)[-1] for blob in said["blobs"]]
        texts = [gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True) for path in names]
        rows = [line for text in texts for line in text[1:]]
        folder = said["blobs"][0]["blobName"].rsplit("/", 1)[0]
        for path in names:
            path.unlink()
        said["blobs"] = []
        for number, part in enumerate(cut(rows, dice)):
            path = manifest.parent / f"part_{number}_0001.csv.gz"
            path.write_bytes(gzip.compress("".join(texts[0][:1] + part).encode(), mtime=0))
            said["blobs"].append({"blobName": f"{folder}/{path.name}", "byteCount": path.stat().st_size, "dataRowCount": len(part)})
        said.update(blobCount=len(said["blobs"]), byteCount=sum(b["byteCount"] for b in said["blobs"]), dataRowCount=len(rows))
        manifest.write_text(json.dumps(said))
    return len(rows)


def gcp(home, dice):
    for run in sorted(home.rglob("run=*")):
        lines = [line for path in sorted(run.iterdir()) for line in gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)]
        for path in list(run.iterdir()):
            path.unlink()
        for number, part in enumerate(part for part in cut(lines, dice) if part):
            (run / f"{number:012}.jsonl.gz").write_bytes(gzip.compress("".join(part).encode(), mtime=0))
    return len(lines)


def databricks(home, dice):
    lines = [line for path in sorted(home.glob("system_billing_usage*")) for line in path.read_text().splitlines(keepends=True)]
    DatabricksBill.write(home, [part for part in cut(lines, dice) if part])
    return len(lines)


class AnyOrder(FlowTest):
    def judged(self, name, pack, home, threads):
        """Certificates, proof and every number of gold of a lake made from nothing."""
        lake = Lake(self.folder / name)
        with (lake.folder / "centavo.yaml").open("a") as settings:
            settings.write(f"threads: {threads}\n")
        lake.add("acme", pack, home)
        lake.run("acme")
        issued = lake.json("certificate", "issue", "--tenant", "acme")
        self.assertEqual({"holds"}, {c["verdict"] for c in issued})
        hashes = {c["period"]: c["hash"] for c in issued}
        rows = lake.query("acme", "select * from gold.cost_by_day order by all")
        shutil.rmtree(lake.folder)
        return hashes, rows

    def compare(self, name, pack, homes):
        first = None
        for home, (threads, seed) in zip(homes, ((2, 0), *LAYOUTS)):
            found = self.judged(f"{name}-{seed}", pack, home, threads)
            first = first or found
            self.assertEqual(first[0], found[0], f"{name}: certificates, threads {threads}, order {seed}")
            self.assertEqual(first[1], found[1], f"{name}: gold, threads {threads}, order {seed}")
        return first

    def generated(self, kind, reorder):
        for seed in SEEDS:
            subject = object.__new__(kind)
            subject.seed = 40 + seed
            whole = self.folder / f"{kind.pack}-{seed}"
            subject.generate(whole, "--months", 1)
            homes, counts = [whole], set()
            for _, dice in LAYOUTS:
                homes.append(self.folder / f"{kind.pack}-{seed}-{dice}")
                shutil.copytree(whole, homes[-1])
                counts.add(reorder(homes[-1], random.Random(dice)))
                mixed = {str(p.relative_to(homes[-1])): p.read_bytes() for p in homes[-1].rglob("*") if p.is_file()}
                self.assertNotEqual(mixed, {str(p.relative_to(whole)): p.read_bytes() for p in whole.rglob("*") if p.is_file()}, "nothing was shuffled")
            hashes, rows = self.compare(f"{kind.pack}-{seed}-lake", kind.pack, homes)
            self.assertEqual(1, len(counts))
            self.say(f"{kind.pack} {subject.seed}: {len(homes)} orders, {len(hashes)} certificates and {len(rows)} days of cost are the same")

    def test_azure(self):
        self.generated(AzureBill, azure)

    def test_gcp(self):
        self.generated(GcpBill, gcp)

    def test_databricks(self):
        self.generated(DatabricksBill, databricks)

    def test_random_bills_of_aws(self):
        seen = set()
        for seed in range(20, 22 + len(SEEDS)):
            rows, homes = random_bill(seed), []
            for _, dice in ((0, 0), *LAYOUTS):
                order = list(rows)
                random.Random(dice).shuffle(order)
                homes.append(self.folder / f"aws-{seed}-{dice}")
                bill.Report(homes[-1]).deliver(order if dice else rows, parts=1 + dice % 4)
            hashes, _ = self.compare(f"aws-{seed}-lake", "aws", homes)
            seen.update(hashes.values())
        self.assertEqual(2 + len(SEEDS), len(seen), "each bill has a certificate of its own")
        self.say(f"aws: {len(seen)} random bills, each in {1 + len(LAYOUTS)} orders")


if __name__ == "__main__":
    unittest.main()
