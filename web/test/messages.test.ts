import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { en } from "../src/i18n/en.ts";
import { pt } from "../src/i18n/pt.ts";

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

test("both languages have the same keys, places for values and forms of plural", () => {
  assert.deepEqual(Object.keys(pt), Object.keys(en));
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    assert.notEqual(pt[key].trim(), "", key);
    assert.deepEqual([...new Set(names(pt[key]))], [...new Set(names(en[key]))], key);
    assert.equal(pt[key].split("|").length, en[key].split("|").length, key);
  }
});

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : /\.tsx?$/.test(name) ? [path] : [];
  });
}

const sources = files("src").filter((f) => !/i18n.(en|pt)\.ts$/.test(f)).map((f): [string, string] => [f, readFileSync(f, "utf8")]);

test("every message is used", () => {
  const all = sources.map(([, text]) => text).join("\n");
  const kinds = ["measure.", "dim.", "agg.", "layer.", "state.", "severity.", "verdict.", "cause.", "stage.", "class.", "role.", "role_means.", "scope.", "field.", "theme.", "data.tab_"];
  const unused = Object.keys(en).filter((key) => !all.includes(`"${key}"`) && !kinds.some((k) => key.startsWith(k)));
  assert.deepEqual(unused, []);
});

test("nothing in the sources needs what the content security policy forbids", () => {
  for (const [file, text] of sources) {
    assert.doesNotMatch(text, /dangerouslySetInnerHTML|\beval\(|new Function\(|setAttribute\("style"/, file);
    assert.doesNotMatch(text, /https?:\/\/(?!localhost)/, file);
  }
});

test("SVG elements take tabindex in lower case, or they cannot be reached by keyboard", () => {
  for (const [file, text] of sources) assert.doesNotMatch(text, /\btabIndex=/, file);
});
