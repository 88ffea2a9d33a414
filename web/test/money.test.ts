import assert from "node:assert/strict";
import test from "node:test";
import * as money from "../src/lib/money.ts";

test("amounts keep every digit that a double would lose", () => {
  assert.equal(money.formatDecimal("123456789012345678.123456789012345678901", "en-US"), "123,456,789,012,345,678.123456789012345678901");
  assert.equal(money.sum(["0.1", "0.2"]), "0.3");
  assert.equal(money.sum(["99999999999999999.99", "0.01", "-1"]), "99999999999999999");
  assert.equal(money.sum([]), "0");
});

test("rounding goes half away from zero and never shows a negative zero", () => {
  assert.equal(money.round("1.005", 2), "1.01");
  assert.equal(money.round("-1.005", 2), "-1.01");
  assert.equal(money.round("0.004999999999999999999999", 2), "0");
  assert.equal(money.round("-0.004", 2), "0");
  assert.equal(money.round("9.995", 2), "10");
  assert.equal(money.formatDecimal("-0.001", "en-US", 2), "0.00");
});

test("money is written as the locale and the currency say", () => {
  assert.equal(money.formatMoney("605152.994999", "BRL", "pt-BR"), "R$\u00a0605.152,99");
  assert.equal(money.formatMoney("-1110.2827", "USD", "en-US"), "\u2212$1,110.28");
  assert.equal(money.formatMoney("1234567.5", "JPY", "en-US"), "¥1,234,568");
  assert.equal(money.formatMoney("12.340000000000000000000", "USD", "en-US", true), "$12.34");
  assert.equal(money.formatMoney("0.000000001", "USD", "en-US"), "$0.00");
  assert.equal(money.formatMoney("0.000000001", "USD", "en-US", true), "$0.000000001");
  assert.equal(money.formatMoney("5", "", "en-US"), "5.00");
  assert.match(money.formatMoney("5", "NOT", "en-US"), /NOT/);
});

test("changes and ratios carry their sign", () => {
  assert.equal(money.formatChange("898.44", "USD", "en-US"), "+$898.44");
  assert.equal(money.formatChange("0", "USD", "en-US"), "$0.00");
  assert.equal(money.formatRatio("0.0331", "pt-BR", true), "+3,3%");
  assert.equal(money.formatRatio("-0.025315", "en-US", true), "\u22122.5%");
});

test("decimals compare by value, not as text or double", () => {
  assert.equal(money.compare("9", "10"), -1);
  assert.equal(money.compare("1.50", "1.5"), 0);
  assert.equal(money.compare("-2", "-10"), 1);
  assert.equal(money.compare("0.100000000000000000001", "0.1"), 1);
  assert.equal(money.sign("-0.00"), 0);
  assert.equal(money.fractionDigits("1.500"), 1);
});

test("what is not a decimal is refused", () => {
  for (const text of ["", "1e5", "NaN", "1,5", "0x10", ".5", "--1", "1.2.3"]) {
    assert.equal(money.isDecimal(text), false, text);
    assert.throws(() => money.sign(text), RangeError, text);
  }
});
