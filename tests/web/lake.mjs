// A demo lake made once, served by the program, and looked at with Debian's Chromium.
// CENTAVO_BIN names the program (else the release build), CENTAVO_WEB_LAKE a demo lake to use instead of making one.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../..");
const require = createRequire(join(root, "web/package.json"));
export const { chromium } = require("playwright-core");
const axePath = require.resolve("axe-core/axe.min.js");

const bin = process.env.CENTAVO_BIN ?? join(root, "build/release/bin/centavo");
export const tenant = "acme";

export function cli(lake, ...args) {
  return execFileSync(bin, [...args, "--lake", lake, "--quiet"], { encoding: "utf8", maxBuffer: 1 << 28 });
}
export function query(lake, sql) {
  const [head, ...rows] = cli(lake, "query", "--tenant", tenant, "--format", "csv", sql).trim().split("\n");
  const names = head.split(",");
  return rows.map((r) => Object.fromEntries(parseCsvLine(r).map((v, i) => [names[i], v])));
}
export function parseCsvLine(line) {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, -1).map((m) => (m[1].startsWith('"') ? m[1].slice(1, -1).replaceAll('""', '"') : m[1]));
}

/** The exact decimal sum, as the tests' own second opinion: no code of the page is used. */
export function sum(values) {
  const scale = 30;
  const big = (v) => {
    const negative = v.startsWith("-");
    const [whole, fraction = ""] = v.replace("-", "").split(".");
    const n = BigInt(whole + fraction.padEnd(scale, "0"));
    return negative ? -n : n;
  };
  const total = values.reduce((t, v) => t + big(v), 0n);
  const digits = (total < 0n ? -total : total).toString().padStart(scale + 1, "0");
  return ((total < 0n ? "-" : "") + digits.slice(0, -scale) + "." + digits.slice(-scale)).replace(/\.?0+$/, "");
}

/** An amount as the page shows it in English, from the exact decimal: rounded half away from zero to cents. */
export function dollars(value) {
  const negative = value.startsWith("-");
  const [whole, fraction = ""] = value.replace("-", "").split(".");
  let cents = BigInt(whole + fraction.padEnd(2, "0").slice(0, 2));
  if ((fraction[2] ?? "0") >= "5") cents += 1n;
  const text = cents.toString().padStart(3, "0");
  return (negative && cents ? "\u2212" : "") + "$" + text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",") + "." + text.slice(-2);
}

export async function start() {
  if (!existsSync(bin)) throw new Error(`${bin} is not there: make build first, or name it by CENTAVO_BIN`);
  const made = process.env.CENTAVO_WEB_LAKE ? undefined : mkdtempSync(join(tmpdir(), "centavo-web-"));
  const lake = process.env.CENTAVO_WEB_LAKE ?? join(made, "lake");
  if (made) execFileSync(bin, ["demo", lake, "--no-serve", "--rows", "20000", "--quiet"], { stdio: "ignore" });
  const server = spawn(bin, ["serve", "--lake", lake, "--listen", "127.0.0.1:0", "--json", "--no-access-log"], { stdio: ["ignore", "pipe", "inherit"] });
  const said = await new Promise((done, failed) => {
    let text = "";
    server.stdout.on("data", (bytes) => {
      text += bytes;
      if (text.includes("\n")) done(JSON.parse(text.slice(0, text.indexOf("\n"))));
    });
    server.on("exit", (code) => failed(new Error(`centavo serve ended with ${code} before it served`)));
  });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none", "--force-color-profile=srgb"],
  });
  const site = { lake, url: said.address, browser, server };
  // The first administrator comes by the link that serve says once, and chooses a password.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(said.sign_in);
  await page.waitForURL("**/welcome");
  await page.locator("input[autocomplete=new-password]").nth(0).fill(password);
  await page.locator("input[autocomplete=new-password]").nth(1).fill(password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL((url) => url.pathname.startsWith("/t/"));
  site.admin = await context.storageState();
  site.user = JSON.parse(await (await context.request.get(said.address + "/api/v1/me")).text()).user.id;
  await context.close();
  site.stop = async () => {
    await browser.close();
    server.kill("SIGTERM");
    await new Promise((done) => server.on("exit", done));
    if (made) rmSync(made, { recursive: true, force: true });
  };
  return site;
}

export const password = "a sentence is a good password";

/** A page of a signed-in person; what its console says wrong is collected in `page.wrong`. */
export async function open(site, { theme = "light", lang = "en", width = 1360, state = site.admin, axe = false } = {}) {
  const context = await site.browser.newContext({
    viewport: { width, height: 900 }, colorScheme: theme, locale: lang === "en" ? "en-US" : "pt-BR", timezoneId: "UTC",
    storageState: state, baseURL: site.url, reducedMotion: "reduce",
    // axe is put into the page by the test; everything else runs under the server's own policy.
    bypassCSP: axe,
  });
  await context.addInitScript((l) => { try { localStorage.setItem("centavo.lang", l); } catch { /* about:blank */ } }, lang);
  const page = await context.newPage();
  page.wrong = [];
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) page.wrong.push(m.text()); });
  page.on("pageerror", (e) => page.wrong.push(String(e.stack ?? e)));
  page.on("request", (r) => { if (!r.url().startsWith(site.url) && !/^(data|blob):/.test(r.url())) page.wrong.push(`asked another origin: ${r.url()}`); });
  return page;
}

export async function ready(page) {
  await page.waitForFunction(() => document.querySelector("h1") && !document.querySelector(".skeleton, .refreshing"), undefined, { timeout: 30_000 });
}
export async function visit(page, path) {
  await page.goto(path);
  await ready(page);
}

/** axe's findings that are serious or critical, as text. */
export async function axe(page) {
  await page.addScriptTag({ path: axePath });
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return found.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
}
