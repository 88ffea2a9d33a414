// Every page, both languages, both themes: no console error, no serious finding of axe, no other origin, no sideways scroll on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, open, start, tenant, visit } from "./lake.mjs";

let site;
let run;
before(async () => {
  site = await start();
  run = (await (await site.browser.newContext({ storageState: site.admin })).request.get(`${site.url}/api/v1/t/${tenant}/runs`)).json();
  run = await run;
  run = (Array.isArray(run) ? run : run.runs)[0].run;
}, { timeout: 300_000 });
after(() => site?.stop());

const t = `/t/${tenant}`;
const paths = () => [
  `${t}/overview`, `${t}/cost`, `${t}/cost?by=ServiceCategory,SubAccountId&g=month&p=all`, `${t}/cost?f.ServiceName=nothing-has-this-name`,
  `${t}/lines?f.ChargeCategory=Tax`, `${t}/pivot`, `${t}/pivot?heat=1&p=all`, `${t}/commitments`, `${t}/allocation`, `${t}/reconcile?p=all`,
  `${t}/certificates`, `${t}/diff`, `${t}/periods`, `${t}/data`, `${t}/data/gold.cost_by_day`, `${t}/data/gold.cost_by_day?tab=sample`,
  `${t}/data/gold.cost_by_day?tab=history`, `${t}/quality?show=all`, `${t}/lineage`, `${t}/lineage?sel=gold.cost_by_day`, `${t}/sql`, `${t}/runs`,
  `${t}/runs/${run}`, `${t}/releases`, "/tenants", "/people", "/tokens", "/audit", `${t}/no-such-page`, "/t/loja/data", "/t/loja/quality",
];

for (const lang of ["en", "pt-BR"]) {
  for (const theme of ["light", "dark"]) {
    test(`every page in ${lang}, ${theme}`, { timeout: 600_000 }, async () => {
      const page = await open(site, { lang, theme, axe: true });
      const faults = [];
      for (const path of paths()) {
        page.wrong = [];
        await visit(page, path).catch((e) => faults.push(`${path}: ${e.message.split("\n")[0]}`));
        if (await page.locator("main .problem").count()) faults.push(`${path}: ${await page.locator("main .problem").first().innerText()}`);
        if ((await page.getAttribute("html", "lang")) !== lang) faults.push(`${path}: wrong lang attribute`);
        if ((await page.getAttribute("html", "data-theme")) !== theme) faults.push(`${path}: wrong theme`);
        for (const w of page.wrong) faults.push(`${path}: console: ${w}`);
        for (const v of await axe(page)) faults.push(`${path}: axe: ${v}`);
      }
      await page.context().close();
      assert.deepEqual(faults, []);
    });
  }
}

test("nothing scrolls sideways on a phone, and the navigation can be reached", { timeout: 300_000 }, async () => {
  const page = await open(site, { width: 390 });
  const faults = [];
  for (const path of paths()) {
    await visit(page, path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) faults.push(`${path}: ${over} px too wide`);
  }
  assert.deepEqual(faults, []);
  await visit(page, `${t}/overview`);
  await page.getByRole("button", { name: "Open or close the navigation" }).click();
  await page.getByRole("link", { name: "Pivot" }).click();
  await page.waitForURL("**/pivot");
  await page.context().close();
});

test("the pages run under the server's content security policy, without bypass", { timeout: 300_000 }, async () => {
  const page = await open(site);
  const policy = (await page.goto(`${t}/overview`)).headers()["content-security-policy"] ?? "";
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval/);
  for (const path of paths()) await visit(page, path);
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test("first load of the overview: at most 120 kB of script on the wire", async () => {
  const page = await open(site);
  const sizes = [];
  page.on("response", async (r) => {
    if (r.request().resourceType() === "script") sizes.push([r.url(), (await r.request().sizes()).responseBodySize]);
  });
  await visit(page, `${t}/data`);
  const bytes = sizes.reduce((n, [, s]) => n + s, 0);
  assert.ok(bytes > 10_000 && bytes <= 120_000, `${bytes} bytes: ${JSON.stringify(sizes)}`);
  await page.context().close();
});

