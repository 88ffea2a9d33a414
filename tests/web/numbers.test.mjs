// What is on screen is what the command line says, to the cent on screen and to the last digit on hover.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cli, dollars, open, parseCsvLine, query, ready, start, sum, tenant, visit } from "./lake.mjs";

let site;
let newest;
before(async () => {
  site = await start();
  newest = query(site.lake, "select max(billing_period)::varchar as p from gold.cost_by_month")[0].p;
}, { timeout: 300_000 });
after(() => site?.stop());

const t = `/t/${tenant}`;

/** The exact amount from a number's title, without sign of currency and separators. */
const exact = (title) => title.replace(/[^\d.\u2212-]/g, "").replace("\u2212", "-");
const trimmed = (v) => (v.includes(".") ? v.replace(/\.?0+$/, "") : v);

test("the overview's total is the table's", async () => {
  const page = await open(site);
  await visit(page, `${t}/overview`);
  const [{ total }] = query(site.lake, `select sum(EffectiveCost) as total from gold.cost_by_month where billing_period = '${newest}'`);
  const shown = page.locator(".kpi").first().locator(".number-button");
  assert.equal(await shown.innerText(), dollars(total));
  assert.equal(exact(await shown.getAttribute("title")), trimmed(total));
  await page.context().close();
});

for (const measure of ["EffectiveCost", "BilledCost", "ListCost"]) {
  test(`each service's ${measure}, the total, the chart's table and the CSV agree with the command line`, { timeout: 120_000 }, async () => {
    const page = await open(site);
    await visit(page, `${t}/cost?m=${measure}&c=none`);
    const want = query(site.lake, `select coalesce(ServiceName, '(none)') as name, sum(${measure}) as value from gold.cost_by_day where billing_period = '${newest}' group by 1 order by 1`);
    const rows = await page.locator(".card:not(.chart-card) tbody tr").evaluateAll((all) => all.map((r) => [r.querySelector("th").innerText.trim(), r.querySelector(".number-button").title, r.querySelector(".number-button").innerText.trim()]));
    assert.equal(rows.length, want.length);
    for (const { name, value } of want) {
      const row = rows.find(([n]) => n === name || (name === "(none)" && n === "(none)"));
      assert.ok(row, name);
      assert.equal(exact(row[1]), trimmed(value), name);
      assert.equal(row[2], dollars(value), name);
    }
    const total = sum(want.map((w) => w.value));
    assert.equal(exact(await page.locator("tfoot .number-button").first().getAttribute("title")), total);

    await page.locator(".chart-card").getByRole("button", { name: "Table", exact: true }).click();
    const cells = await page.locator(".chart-card .scroll td .num").evaluateAll((all) => all.map((c) => c.title));
    assert.equal(sum(cells.map(exact)), total, "the chart's table sums to the same");

    const csv = await (await page.context().request.get(`${site.url}/api/v1${t}/cost?m=${measure}&c=none&by=ServiceName&format=csv`)).text();
    const [head, ...lines] = csv.trim().split(/\r?\n/);
    const at = parseCsvLine(head).findIndex((c) => c === measure || c === "value");
    assert.equal(sum(lines.map((l) => parseCsvLine(l)[at])), total, "the CSV sums to the same");
    await page.context().close();
  });
}

test("Brazilian readers see the same amount in their own writing", async () => {
  const page = await open(site, { lang: "pt-BR" });
  await visit(page, `${t}/overview`);
  const [{ total }] = query(site.lake, `select sum(EffectiveCost) as total from gold.cost_by_month where billing_period = '${newest}'`);
  const english = dollars(total).replace("$", "");
  const shown = await page.locator(".kpi .number-button").first().innerText();
  assert.equal(shown.replace(/\s/g, " "), "US$ " + english.replace(/[.,]/g, (c) => (c === "." ? "," : ".")));
  await page.context().close();
});

test("pivot cells, subtotals and the grand total are the engine's", { timeout: 120_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/pivot?p=all`);
  const want = query(site.lake, "select ServiceCategory as category, strftime(billing_period, '%Y-%m') as m, sum(EffectiveCost) as value from gold.cost_by_day group by all");
  const grand = exact(await page.locator(".pivot tfoot td").last().locator(".number-button").getAttribute("title"));
  assert.equal(grand, sum(want.map((w) => w.value)));
  const subtotals = await page.locator(".pivot tr.subtotal").evaluateAll((all) => all.map((r) => [r.querySelector("th .label").innerText.trim(), [...r.querySelectorAll("td")].map((c) => c.querySelector(".number-button")?.title ?? "0")]));
  for (const [name, titles] of subtotals) {
    const mine = want.filter((w) => w.category === name).map((w) => w.value);
    assert.equal(exact(titles.at(-1)), sum(mine), name);
    assert.equal(sum(titles.slice(0, -1).map(exact)), sum(mine), `${name}: months sum to the total`);
  }
  await page.context().close();
});

test("explaining a number ends at raw lines that sum to it", { timeout: 120_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/cost?m=BilledCost&f.ChargeCategory=Tax&c=none`);
  const button = page.locator("tbody .number-button").first();
  const amount = exact(await button.getAttribute("title"));
  await button.click();
  await page.getByRole("menuitem", { name: "Explain this number" }).click();
  const dialog = page.locator("dialog[open]");
  await dialog.getByText("The lines sum to it").waitFor({ timeout: 30_000 });
  assert.equal(exact(await dialog.locator(".facts dd").first().innerText()), amount);
  const lines = await dialog.locator("table").nth(1).locator("tbody tr").evaluateAll((all) => all.map((r) => r.querySelector(".num").title));
  if (lines.length < 50) assert.equal(sum(lines.map(exact)), amount);
  await page.context().close();
});

test("three clicks from the overview to the lines behind what moved most", { timeout: 120_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/overview`);
  await page.locator(".card").filter({ hasText: "What moved most" }).locator("tbody a").first().click();
  await page.waitForURL("**/cost?**");
  await ready(page);
  await page.locator("tbody .number-button").first().click();
  await page.getByRole("menuitem", { name: "See the lines" }).click();
  await page.waitForURL("**/lines?**");
  await ready(page);
  assert.ok((await page.locator("tbody tr").count()) > 0);
  await page.context().close();
});

test("the reconciliation is the command line's, line by line", async () => {
  const page = await open(site);
  await visit(page, `${t}/reconcile?p=${newest.slice(0, 7)}`);
  const want = JSON.parse(cli(site.lake, "reconcile", "--tenant", tenant, "--period", newest.slice(0, 7), "--json"));
  assert.equal(await page.locator("tbody tr").count(), want.lines.length);
  const shown = await page.locator("tbody tr").evaluateAll((all) => all.map((r) => [...r.querySelectorAll("td.number")].map((c) => c.innerText.replace(/[\s,\u2007\u2008]/g, "").replace("\u2212", "-"))));
  assert.deepEqual(shown.map((r) => r[0]).sort(), want.lines.map((l) => trimmed(l.from_amount)).sort());
  assert.ok(shown.every((r) => r[2] === "0"));
  await page.context().close();
});

test("the workbench shows exact decimals", async () => {
  const page = await open(site);
  await visit(page, `${t}/sql`);
  await page.locator("#sql-editor").fill("select 0.1::decimal(38,21) + 0.2::decimal(38,21) as third, 12345678901234567.123456789012345678901::decimal(38,21) as wide");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("cell", { name: "0.3", exact: true }).waitFor();
  assert.equal(await page.getByRole("cell", { name: "12345678901234567.123456789012345678901" }).count(), 1);
  await page.context().close();
});
