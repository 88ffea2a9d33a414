"""Small AWS bills written by hand, as AWS delivers them: <report>/<period>/<assembly>/<report>-1.csv.gz and two manifests."""
import csv
import datetime
import decimal
import gzip
import hashlib
import io
import json
import pathlib
import uuid

PERIOD = "2026-09"

# What a line says unless the test says otherwise.
LINE = {
    "identity/LineItemId": "", "identity/TimeInterval": "", "bill/InvoiceId": "INV-1", "bill/InvoicingEntity": "Amazon Web Services, Inc.",
    "bill/BillingEntity": "AWS", "bill/BillType": "Anniversary", "bill/PayerAccountId": "001122223333",
    "bill/BillingPeriodStartDate": "", "bill/BillingPeriodEndDate": "", "lineItem/UsageAccountId": "444455556666",
    "lineItem/LineItemType": "Usage", "lineItem/UsageStartDate": "", "lineItem/UsageEndDate": "", "lineItem/ProductCode": "AmazonEC2",
    "lineItem/UsageType": "BoxUsage:m5.large", "lineItem/Operation": "RunInstances", "lineItem/AvailabilityZone": "us-east-1a",
    "lineItem/ResourceId": "i-0abc", "lineItem/UsageAmount": "1", "lineItem/CurrencyCode": "USD", "lineItem/UnblendedRate": "0.096",
    "lineItem/UnblendedCost": "0.096", "lineItem/LineItemDescription": "$0.096 per On Demand Linux m5.large Instance Hour",
    "lineItem/TaxType": "", "lineItem/LegalEntity": "Amazon Web Services, Inc.", "product/ProductName": "Amazon Elastic Compute Cloud",
    "product/productFamily": "Compute Instance", "product/region": "us-east-1", "product/regionCode": "us-east-1",
    "product/servicecode": "AmazonEC2", "product/servicename": "Amazon Elastic Compute Cloud", "product/sku": "SKU1",
    "pricing/RateCode": "SKU1.JRTCKXETXF.6YS6EN2CT7", "pricing/publicOnDemandCost": "0.096", "pricing/publicOnDemandRate": "0.096",
    "pricing/term": "OnDemand", "pricing/unit": "Hrs", "reservation/EffectiveCost": "", "reservation/ReservationARN": "",
    "savingsPlan/SavingsPlanARN": "", "savingsPlan/SavingsPlanEffectiveCost": "", "savingsPlan/TotalCommitmentToDate": "",
    "savingsPlan/UsedCommitment": "", "resourceTags/user:team": "",
}


def month(period):
    first = datetime.date.fromisoformat(period + "-01")
    after = (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
    return first, after


def line(number, cost, period=PERIOD, **changes):
    """One line item: hour `number` of the month, with that cost."""
    first, after = month(period)
    start = datetime.datetime.combine(first, datetime.time()) + datetime.timedelta(hours=number % 600)
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    row = dict(LINE)
    row["identity/LineItemId"] = hashlib.sha256(f"{period}{number}".encode()).hexdigest()[:32]
    row["identity/TimeInterval"] = f"{start.strftime(stamp)}/{(start + datetime.timedelta(hours=1)).strftime(stamp)}"
    row["bill/BillingPeriodStartDate"] = f"{first}T00:00:00Z"
    row["bill/BillingPeriodEndDate"] = f"{after}T00:00:00Z"
    row["lineItem/UsageStartDate"] = start.strftime(stamp)
    row["lineItem/UsageEndDate"] = (start + datetime.timedelta(hours=1)).strftime(stamp)
    row["lineItem/UnblendedCost"] = row["pricing/publicOnDemandCost"] = str(cost)
    row.update({name.replace("__", "/"): str(value) for name, value in changes.items()})
    return row


def lines(count, cost="0.0960000001", period=PERIOD, **changes):
    return [line(number, cost, period, **changes) for number in range(count)]


def total(rows, column="lineItem/UnblendedCost"):
    with decimal.localcontext() as context:
        context.prec = 60
        return sum((decimal.Decimal(row[column]) for row in rows if row[column]), decimal.Decimal(0))


def to_csv(rows):
    names = list(dict.fromkeys(name for row in rows for name in row)) or list(LINE)
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class Report:
    """A report folder that receives deliveries."""

    def __init__(self, folder, name="cur-test"):
        self.folder, self.name = pathlib.Path(folder), name
        self.folder.mkdir(parents=True, exist_ok=True)

    def deliver(self, rows, period=PERIOD, parts=1, assembly=None, manifest=True, data=None):
        """A whole new assembly of a period; returns its data files. `data` replaces the bytes of the first file."""
        first, after = month(period)
        span = f"{first:%Y%m%d}-{after:%Y%m%d}"
        assembly = assembly or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{period}{len(rows)}{to_csv(rows)}"))
        home = self.folder / self.name / span / assembly
        home.mkdir(parents=True, exist_ok=True)
        keys, files = [], []
        for part in range(parts):
            path = home / f"{self.name}-{part + 1}.csv.gz"
            path.write_bytes(gzip.compress(to_csv(rows[part::parts]).encode(), mtime=0))
            if part == 0 and data is not None:
                path.write_bytes(data)
            keys.append(str(path.relative_to(self.folder)))
            files.append(path)
        if manifest:
            self.write_manifest(span, assembly, keys, list(rows[0]) if rows else list(LINE), first, after)
        return files

    def write_manifest(self, span, assembly, keys, names, first, after, **changes):
        document = {
            "assemblyId": assembly, "account": "001122223333",
            "columns": [{"category": name.split("/", 1)[0], "name": name.split("/", 1)[1], "type": "String"} for name in names],
            "charset": "UTF-8", "compression": "GZIP", "contentType": "text/csv", "reportId": "0" * 64, "reportName": self.name,
            "billingPeriod": {"start": f"{first:%Y%m%d}T000000.000Z", "end": f"{after:%Y%m%d}T000000.000Z"},
            "bucket": "bills", "reportKeys": keys, "additionalArtifactKeys": [], **changes}
        text = json.dumps(document, indent=1)
        for place in (self.folder / self.name / span / assembly, self.folder / self.name / span):
            (place / f"{self.name}-Manifest.json").write_text(text)
