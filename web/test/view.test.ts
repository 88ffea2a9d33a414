import assert from "node:assert/strict";
import test from "node:test";
import { emptyView, forTenant, joinValues, parseView, shiftMonth, splitValues, viewSearch, withFilter } from "../src/lib/view.ts";

test("defaults are left out and keys are sorted, so that one view has one address", () => {
  assert.equal(viewSearch(emptyView()), "");
  assert.equal(viewSearch(parseView("?sort=-value&c=prev&p=last&m=EffectiveCost")), "");
  assert.equal(viewSearch(parseView("?p=2026-09&by=ServiceName,tag:team&c=none")), "?by=ServiceName,tag:team&c=none&p=2026-09");
});

test("an address survives parsing and writing", () => {
  for (const search of [
    "?by=ServiceName&c=yoy&cur=BRL&f.RegionId=us-east-1,eu-west-1&g=month&m=BilledCost&p=2026-07..2026-09",
    "?f.tag:team=(none)&rel=3&x.ServiceName=Tax",
    "?k=billing_period&r=ServiceCategory,ServiceName&val=EffectiveCost:sum,BilledCost:avg",
    "?f.ServiceName=Amazon+Elastic+Compute+Cloud",
  ]) {
    assert.equal(viewSearch(parseView(search)), search.replace("(none)", encodeURIComponent("(none)")), search);
  }
});

test("values may hold commas, backslashes, ampersands, plus signs and any letter", () => {
  for (const values of [["Amazon Web Services, Inc.", "a\\b", "c"], ["x&y=z", "1+1", "50%"], ["ação", "日本", "#?"]]) {
    assert.deepEqual(splitValues(joinValues(values)), values);
    const view = withFilter(emptyView(), "ServiceName", values);
    assert.deepEqual(parseView(viewSearch(view)).filters, view.filters);
  }
});

test("the order of filters does not matter", () => {
  const a = withFilter(withFilter(emptyView(), "B", ["1"]), "A", ["2"], true);
  const b = withFilter(withFilter(emptyView(), "A", ["2"], true), "B", ["1"]);
  assert.equal(viewSearch(a), viewSearch(b));
  assert.equal(viewSearch(withFilter(withFilter(a, "B", []), "A", [], true)), "");
});

test("at most three dimensions group", () => {
  assert.deepEqual(parseView("?by=A,B,C,D").by, ["A", "B", "C"]);
});

test("another tenant keeps the period and drops what only the old one knows", () => {
  assert.equal(viewSearch(forTenant(parseView("?p=2026-09&f.ServiceName=x&by=tag:team&cur=BRL&rel=2&sel=y"))), "?p=2026-09");
});

test("months step over the year", () => {
  assert.equal(shiftMonth("2026-12", 1), "2027-01");
  assert.equal(shiftMonth("2026-01", -1), "2025-12");
  assert.equal(shiftMonth("last", 1), undefined);
});
