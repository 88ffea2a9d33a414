// Opens a page of a served lake in a Chromium with an empty cache, several times: when something was painted, when its
// numbers stood there, when its chart was drawn, and how much script came. Usage: first_paint.mjs ADDRESS COOKIE PATH
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const { chromium } = createRequire(join(root, "web/package.json"))("playwright-core");
const [address, cookie, path] = process.argv.slice(2);
const rounds = 5;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const found = [];
for (let round = 0; round < rounds; ++round) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
  const [name, value] = cookie.split("=");
  await context.addCookies([{ name, value, url: address }]);
  const page = await context.newPage();
  const scripts = [];
  page.on("response", (r) => { if (/\.js$/.test(new URL(r.url()).pathname)) scripts.push(r); });
  // The page says itself when its parts are there: no round trip is in the times.
  await page.addInitScript(() => {
    globalThis.at = {};
    const look = () => {
      const shown = document.querySelector(".kpi .number-button");
      if (shown && /\d/.test(shown.textContent)) at.numbers ??= performance.now();
      if (document.querySelector("[_echarts_instance_] svg path")) at.chart ??= performance.now();
      if (!at.numbers || !at.chart) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(address.replace(/\/$/, "") + path, { waitUntil: "commit" });
  await page.waitForFunction(() => at.numbers, undefined, { timeout: 30_000 });
  const before = scripts.length;
  await page.waitForFunction(() => at.chart, undefined, { timeout: 30_000 });
  const times = await page.evaluate(() => ({ ...at, paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0 }));
  const sizes = await Promise.all(scripts.map(async (r) => gzipSync(await r.body()).length));
  const total = (some) => some.reduce((sum, size) => sum + size, 0);
  found.push({ ...times, before: total(sizes.slice(0, before)), all: total(sizes) });
  await context.close();
}
await browser.close();
const of = (name) => {
  const sorted = found.map((f) => f[name]).sort((a, b) => a - b);
  return [sorted[0], sorted[Math.floor(rounds / 2)]];
};
console.log(JSON.stringify({ rounds, paint: of("paint"), numbers: of("numbers"), chart: of("chart"), script_before: of("before")[1], script_all: of("all")[1] }));
