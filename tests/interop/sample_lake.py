"""One lake that has been through everything: partitions, a new column, replaced months, compaction, checkpoints, a restore."""
import bill
from lake import Lake

TENANT = "acme"


def make(folder):
    """Makes the lake in `folder`; returns it and the steps that were taken."""
    lake = Lake(folder / "lake")
    report = bill.Report(folder / "bills")
    steps = []

    def step(what, *command):
        if command:
            lake(*command, "--tenant", TENANT)
        else:
            lake.run(TENANT)
        steps.append(what)

    report.deliver(bill.lines(400, "0.000000001234", period="2026-07"), period="2026-07", parts=2)
    report.deliver(bill.lines(300, "-12345678.9", period="2026-08"), period="2026-08")
    lake.add(TENANT, "aws", report.folder)
    step("two months")
    report.deliver(bill.lines(250, "0.096"))
    step("a third month")
    report.deliver(bill.lines(260, "0.096", lineItem__ResourceId="ação [x]*?%20 'q\" 日本"))
    step("the third month restated, with letters of many kinds")
    with_tags = [dict(row, **{"lineItem/NetUnblendedCost": "0.09", "resourceTags/user:cost center": "a=b;c", "product/license": "none"})
                 for row in bill.lines(200, "0.1")]
    report.deliver(with_tags)
    step("restated with columns that were not there before")
    for table in ("bronze.aws_cur_line_items", "silver.aws_cost_and_usage"):
        step(f"optimize {table}", "optimize", table)
    for number in range(10):
        report.deliver(bill.lines(50 + number, f"1.00{number}", period="2026-10"), period="2026-10")
        step(f"an open month, delivery {number + 1}")
    step("restore silver to version 2", "restore", "silver.aws_cost_and_usage", "--version", "2")
    lake.run(TENANT)
    return lake, steps
