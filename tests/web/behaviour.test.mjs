// Addresses hold the view, keys do everything, states say what to do, and nobody sees what they may not.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open, password, ready, start, tenant, visit } from "./lake.mjs";

let site;
before(async () => { site = await start(); }, { timeout: 300_000 });
after(() => site?.stop());

const t = `/t/${tenant}`;
const tables = (page) => page.locator("main table").evaluateAll((all) => all.map((x) => x.innerText));

test("what is chosen is in the address; a second browser and a reload show the same; Back undoes", { timeout: 120_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/cost`);
  await page.getByLabel("Measure").selectOption("BilledCost");
  await page.waitForURL(/m=BilledCost/);
  await page.getByLabel("Group by").selectOption("SubAccountId");
  await page.waitForURL(/by=SubAccountId/);
  await ready(page);
  await page.locator(".card:not(.chart-card)").getByRole("button", { name: "Change" }).click();
  await page.waitForURL(/sort=-change/);
  await ready(page);
  const text = await tables(page);
  assert.equal(new URL(page.url()).search, "?by=SubAccountId&m=BilledCost&sort=-change");
  await page.reload();
  await ready(page);
  assert.deepEqual(await tables(page), text);
  const second = await open(site);
  await visit(second, page.url());
  assert.deepEqual(await tables(second), text);
  await page.goBack();
  await page.waitForURL((u) => !u.search.includes("sort="));
  await page.goBack();
  await page.waitForURL((u) => !u.search.includes("by="));
  await second.context().close();
  await page.context().close();
});

test("a filter keeps or leaves out, and can be taken away", { timeout: 120_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/cost?c=none`);
  const all = await page.locator(".card:not(.chart-card) tbody tr").count();
  await page.locator("#add-filter").click();
  await page.locator("dialog[open] .choice input").first().check();
  await page.locator("dialog[open]").getByRole("button", { name: "Apply" }).click();
  await page.waitForURL(/f\./);
  await ready(page);
  const kept = await page.locator(".card:not(.chart-card) tbody tr").count();
  assert.ok(kept > 0 && kept <= all);
  await page.getByRole("button", { name: /^Remove the filter/ }).click();
  await page.waitForURL((u) => !u.search.includes("f."));
  await ready(page);
  assert.equal(await page.locator(".card:not(.chart-card) tbody tr").count(), all);
  await page.context().close();
});

test("by keyboard alone: skip link, palette with letters typed at once, a number's menu, a chart, a pivot, a dialog", { timeout: 120_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/overview`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("cost by service", { delay: 0 });
  assert.equal(await page.locator(".palette input").inputValue(), "cost by service");
  await page.keyboard.press("Enter");
  await page.waitForURL(/cost\?by=Service/);
  await ready(page);

  await page.locator("tbody .number-button").first().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  assert.match(await page.evaluate(() => document.activeElement.innerText), /Explain this number/);
  await page.keyboard.press("ArrowDown");
  assert.match(await page.evaluate(() => document.activeElement.innerText), /See the lines/);
  await page.keyboard.press("Escape");
  assert.ok(await page.evaluate(() => document.activeElement.classList.contains("number-button")));

  await page.locator(".chart").focus();
  await page.keyboard.press("End");
  assert.match(await page.locator(".chart-card [aria-live=polite]").textContent(), /\$[\d,]+\.\d\d/);

  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.waitForURL("**/pivot");
  await ready(page);
  const rows = await page.locator(".pivot tbody tr").count();
  await page.locator(".pivot .twist[aria-expanded]").first().focus();
  await page.keyboard.press("Enter");
  assert.ok((await page.locator(".pivot tbody tr").count()) < rows);

  await page.keyboard.press("?");
  await page.locator("dialog[open]").getByText("Ctrl K").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test("loading, error and empty say what to do", { timeout: 120_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/data`);
  let release;
  await page.route("**/api/v1/t/*/overview*", (route) => new Promise((done) => { release = () => { done(); void route.continue(); }; }));
  await page.goto(`${t}/overview`);
  await page.locator("[role=status] .skeleton").waitFor();
  await page.getByText("Still computing").waitFor({ timeout: 8000 });
  release();
  await ready(page);
  await page.unroute("**/api/v1/t/*/overview*");

  await page.route("**/api/v1/t/*/cost*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "Busy", status: 503, detail: "too many queries wait", hint: "try again in a second", request_id: "r42" }) }));
  await page.goto(`${t}/cost`);
  const problem = page.getByRole("alert");
  await problem.waitFor();
  assert.match(await problem.innerText(), /The server is busy[\s\S]*too many queries wait[\s\S]*try again in a second[\s\S]*r42/);
  await page.unroute("**/api/v1/t/*/cost*");
  await problem.getByRole("button", { name: "Try again" }).click();
  await page.locator("tfoot .number-button").first().waitFor();

  await visit(page, `${t}/cost?f.ServiceName=nothing-has-this-name`);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.waitForURL((u) => !u.search.includes("f."));
  await page.context().close();
});

test("a run started from the page shows its progress and ends", { timeout: 180_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/runs`);
  const before = await page.locator("tbody tr").count();
  await page.getByRole("button", { name: "Run now" }).click();
  await page.locator("dialog[open]").getByRole("button", { name: "Start" }).click();
  await page.locator("dialog[open] progress").waitFor();
  await page.locator("dialog[open]").getByText("Done", { exact: true }).waitFor({ timeout: 120_000 });
  await page.locator("dialog[open] footer").getByRole("button", { name: "Close" }).click();
  await ready(page);
  assert.ok((await page.locator("tbody tr").count()) >= before);
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test("sign out, a wrong password, and in again", { timeout: 120_000 }, async () => {
  const context = await site.browser.newContext({ baseURL: site.url, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(`${t}/cost`);
  await page.getByLabel("User").fill(site.user);
  await page.getByLabel("Password").fill("not the password at all");
  await page.keyboard.press("Enter");
  await page.getByText("The user or the password is wrong.").waitFor();
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await ready(page);
  assert.match(page.url(), /\/cost$/);
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await context.close();
});

test("a viewer of one tenant sees its gold and nothing else", { timeout: 180_000 }, async () => {
  const admin = await open(site);
  await visit(admin, "/people");
  await admin.getByRole("button", { name: "Add person" }).click();
  const dialog = admin.locator("dialog[open]");
  await dialog.getByLabel("User name").fill("vera");
  await dialog.getByLabel("Role").selectOption("viewer");
  await dialog.getByLabel("Tenant").selectOption(tenant);
  await dialog.getByRole("button", { name: "Add person" }).click();
  const link = await admin.locator("dialog[open] .secret").innerText();
  await admin.context().close();

  const context = await site.browser.newContext({ baseURL: site.url, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForURL("**/welcome");
  await page.locator("input[autocomplete=new-password]").nth(0).fill("another long sentence");
  await page.locator("input[autocomplete=new-password]").nth(1).fill("another long sentence");
  await page.locator("button[type=submit]").click();
  await page.waitForURL("**/overview");
  await ready(page);
  const names = await page.getByRole("navigation", { name: "Pages" }).getByRole("link").allInnerTexts();
  for (const hidden of ["SQL workbench", "People", "Audit"]) assert.ok(!names.includes(hidden), hidden);
  assert.ok(names.includes("Cost"));
  await visit(page, `${t}/runs`);
  assert.equal(await page.getByRole("button", { name: "Run now" }).count(), 0);
  await visit(page, "/people");
  await page.getByText("Your role does not include this page").waitFor();
  await page.goto("/t/loja/data");
  await page.getByText("This is not here").waitFor();
  await visit(page, `${t}/data`);
  assert.deepEqual([...new Set(await page.locator("tbody .layer").allInnerTexts())], ["gold"]);
  const again = await page.goto(link);
  assert.match(again.url(), /link=expired/, "the link works once");
  await context.close();
});

test("another tenant shows no number of the one before", { timeout: 120_000 }, async () => {
  const page = await open(site);
  await visit(page, `${t}/data`);
  await page.getByLabel("Tenant").selectOption("loja");
  await page.waitForURL("**/t/loja/data");
  assert.equal(await page.getByText("gold.cost_by_day").count(), 0);
  await ready(page);
  await page.getByText("gold.retail_store_month").waitFor();
  await page.context().close();
});
