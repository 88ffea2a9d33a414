#include "app/document/report.h"

#include <algorithm>
#include <cmath>

#include "app/document/html_page.h"
#include "app/document/report_words.h"
#include "app/document/text.h"
#include "base/currency.h"
#include "base/decimal.h"

namespace centavo::document {
namespace {

constexpr std::size_t kRowsShown = 10;

// The page's own, so that it is whole when it is mailed. The head of each printed page stands in the margin.
constexpr std::string_view kReportStyle = R"css(
:root { color-scheme: light; --ink: #14181f; --soft: #4b5563; --line: #d9dde3; --fill: #f6f7f9; --blue: #0b5cad; --good: #0a6b47; --bad: #b42318; }
* { box-sizing: border-box; }
body { margin: 0; font: 14px/1.5 Inter, system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: #fff; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 2rem 4rem; }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 2rem; border-bottom: 2px solid var(--ink); padding-bottom: 1rem; }
h1 { font-size: 2rem; line-height: 1.15; letter-spacing: -.02em; margin: .25rem 0 0; font-weight: 650; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; font-weight: 650; letter-spacing: -.005em; }
section { margin-top: 2.75rem; }
.over { color: var(--soft); font-size: .85rem; }
.right { text-align: right; }
.kpis { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0; margin-top: 2rem; }
.kpis > div { padding: 0 1.25rem; border-left: 1px solid var(--line); }
.kpis > div:first-child { padding-left: 0; border-left: 0; }
.kpis dt { color: var(--soft); font-size: .8rem; margin-bottom: .2rem; }
.kpis dd { margin: 0; font-size: 1.45rem; line-height: 1.25; font-weight: 600; letter-spacing: -.015em; font-variant-numeric: tabular-nums; white-space: nowrap; }
.kpis small { display: block; color: var(--soft); font-size: .8rem; font-weight: 400; letter-spacing: 0; margin-top: .15rem; white-space: normal; }
dl.kpis { margin-bottom: 0; }
.good { color: var(--good); } .bad { color: var(--bad); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .38rem .75rem .38rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
thead th, thead td { color: var(--soft); font-size: .78rem; font-weight: 500; border-bottom-color: var(--ink); }
tbody th { font-weight: 400; overflow-wrap: anywhere; }
tfoot td, tfoot th { font-weight: 650; border-bottom: 0; border-top: 1px solid var(--ink); }
td.n, th.n { text-align: right; padding-right: 0; padding-left: .75rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.muted { color: var(--soft); }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 3rem; }
.two section { min-width: 0; }
.bar { display: inline-block; height: .5rem; background: var(--blue); opacity: .85; border-radius: 1px; vertical-align: middle; }
td.b { width: 22%; padding-right: 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font-size: 11px; fill: #4b5563; font-variant-numeric: tabular-nums; }
.key { display: flex; gap: 1.25rem; color: var(--soft); font-size: .8rem; margin: -.25rem 0 .5rem; }
.key i { display: inline-block; width: .8rem; height: .5rem; margin-right: .4rem; background: var(--blue); border-radius: 1px; }
.key i.line { height: 0; border-top: 1.5px solid #8a93a0; background: none; vertical-align: middle; }
.mono { font: 12px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.seal { display: inline-block; border: 1.5px solid currentColor; border-radius: 999px; padding: .1rem .7rem; font-weight: 600; font-size: .85rem; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; margin: 0; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .8rem; }
@media (max-width: 44rem) { main { padding: 1.5rem 1rem; } .kpis, .two { grid-template-columns: 1fr; } .kpis > div { padding: .75rem 0; border-left: 0; border-top: 1px solid var(--line); } header { display: block; } .right { text-align: left; margin-top: .75rem; } .scroll { overflow-x: auto; } }
@media print {
  body { font-size: 9.5pt; } main { max-width: none; padding: 0; } section { margin-top: 1.6rem; break-inside: avoid; }
  h2 { break-after: avoid; } tr, .kpis, figure, .key { break-inside: avoid; } thead { display: table-header-group; } tfoot { display: table-row-group; }
  .kpis dd { font-size: 1.25rem; } h1 { font-size: 1.7rem; }
}
)css";

std::string drawn(double value) { return fmt::format("{:.2f}", value); }
// For drawing only; what is written comes from the text.
double size_of(const std::string& amount) { return std::strtod(amount.c_str(), nullptr); }

std::string css_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || std::string_view("\"\\<>&'").find(c) != std::string_view::npos) {
      out += fmt::format("\\{:x} ", byte);
    } else {
      out += c;
    }
  }
  return out;
}

Decimal decimal_of(const std::string& text) { return parse_decimal(text).value_or(Decimal{}); }

// The sum of rows that are not shown, so that a table adds up to its total.
std::string rest_of(const std::string& total, const std::vector<std::string>& shown) {
  Decimal rest = decimal_of(total);
  for (const auto& each : shown) rest = subtract(rest, decimal_of(each)).value_or(rest);
  return rest.shortest();
}

class Page {
 public:
  Page(const Report& report, Language language) : report_(report), language_(language), words_(words_of(language)) {}

  std::string make() {
    add_head();
    add_figures();
    add_days();
    add_movers();
    add_costs(words_.by_service, words_.service, report_.services);
    html_ += "<div class=\"two\">\n";
    add_costs(words_.by_account, words_.account, report_.accounts, false);
    add_costs(words_.by_region, words_.region, report_.regions, false);
    html_ += "</div>\n";
    add_allocation();
    add_commitments();
    add_proof();
    add_foot();
    return std::move(html_);
  }

 private:
  const explore::Overview& overview() const { return report_.overview; }
  const std::string& currency() const { return report_.overview.currency; }

  std::string money(const std::string& amount) const {
    return fmt::format("<span title=\"{} {}\">{}</span>", escaped(amount), escaped(currency()),
                       escaped(money_shown(amount, currency(), language_)));
  }
  std::string change(const std::optional<std::string>& amount, const std::optional<std::string>& ratio = {}) const {
    if (!amount) return "<span class=\"muted\">–</span>";
    const Decimal value = decimal_of(*amount);
    const std::string size = value.value < 0 ? amount->substr(1) : *amount;
    const char* sign = value.is_zero() ? "" : value.value < 0 ? "▼ −" : "▲ +";
    return fmt::format(
        "<span title=\"{} {}\">{}{}{}</span>", escaped(*amount), escaped(currency()), sign,
        escaped(money_shown(size, currency(), language_)),
        ratio ? fmt::format(" <span class=\"muted\">{}</span>", percent_shown(*ratio, language_, true)) : "");
  }
  std::string key(const std::optional<std::string>& text, const std::optional<std::string>& name = {}) const {
    if (!text || text->empty()) return fmt::format("<span class=\"muted\">({})</span>", words_.none);
    return escaped(*text) + (name ? fmt::format(" <span class=\"muted\">{}</span>", escaped(*name)) : "");
  }

  void add_head() {
    const std::string month = month_name(overview().period.from, language_);
    const std::string name = report_.tenant.name.empty() ? report_.tenant.id : report_.tenant.name;
    html_ = fmt::format(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n<title>{}: {}, "
        "{}</title>\n<style>{}@page {{ size: A4; margin: 22mm 16mm 18mm; @top-left {{ content: \"{}\"; font: 8pt "
        "Inter, "
        "system-ui, sans-serif; color: #4b5563; }} @top-right {{ content: \"{} {}\"; font: 8pt Inter, system-ui, "
        "sans-serif; "
        "color: #4b5563; }} @bottom-right {{ content: \"{} \" counter(page) \" / \" counter(pages); font: 8pt Inter, "
        "system-ui, "
        "sans-serif; color: #4b5563; }} }}\n</style></head>\n<body><main>\n",
        words_.language, escaped(words_.report), escaped(name), escaped(month), kReportStyle,
        css_text(fmt::format("{} · {}", name, month)), css_text(words_.release), report_.release.number,
        css_text(words_.page));
    html_ += fmt::format(
        "<header><div><div class=\"over\">{}</div><h1>{}</h1><div class=\"over\">{}</div></div><div class=\"right "
        "over\">"
        "{}<br>{} {}<br>{}</div></header>\n",
        escaped(words_.report), escaped(name), escaped(month), escaped(name_of_measure(overview().measure, language_)),
        words_.all_in, escaped(currency()), report_.is_closed ? words_.period_closed : words_.period_open);
  }

  void add_figures() {
    const auto& o = overview();
    const std::string against =
        o.compare ? fmt::format("{} {}", money(*o.before), escaped(month_name(o.compare->from, language_)))
                  : std::string(words_.nothing_before);
    const bool holds = report_.certificate && report_.certificate->holds("strict");
    const std::string_view seal = !report_.certificate ? words_.not_certified
                                  : holds              ? words_.certified
                                                       : words_.differs;
    html_ += fmt::format(
        "<dl class=\"kpis\"><div><dt>{}</dt><dd>{}</dd></div>\n<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n"
        "<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n<div><dt>{}</dt><dd "
        "class=\"{}\">{}<small>{}</small></dd></div></dl>\n",
        words_.total, money(o.total), words_.change,
        o.change_ratio ? escaped(percent_shown(*o.change_ratio, language_, true)) : "–", against, words_.unallocated,
        o.unallocated ? money(o.unallocated->value) : "–",
        o.unallocated && o.unallocated->share
            ? fmt::format("{} {}", percent_shown(*o.unallocated->share, language_, false), words_.unallocated_of_bill)
            : "",
        words_.certificate,
        !report_.certificate ? "muted"
        : holds              ? "good"
                             : "bad",
        seal, report_.certificate ? fmt::format("{} {}", words_.number, report_.certificate->number) : "");
  }

  // Bars of this month's days; the month before as a line behind them.
  void add_days() {
    const auto& series = overview().series;
    const auto& values = series.rows.front().values;
    const auto& before = overview().series_before;
    constexpr double kWidth = 880, kHeight = 190, kLeft = 64, kFoot = 20;
    double most = 0, least = 0;
    for (const auto& value : values) {
      most = std::max(most, size_of(value));
      least = std::min(least, size_of(value));
    }
    const std::size_t compared = before ? std::min(before->size(), values.size()) : 0;
    for (std::size_t i = 0; i < compared; ++i) {
      most = std::max(most, size_of((*before)[i].value_or("0")));
      least = std::min(least, size_of((*before)[i].value_or("0")));
    }
    if (values.empty() || most - least <= 0) return;
    const double step = nice_step(most - least);
    const double top = std::ceil(most / step) * step, bottom = std::floor(least / step) * step;
    const auto y_of = [&](double value) { return (top - value) / (top - bottom) * kHeight; };
    const double slot = (kWidth - kLeft) / static_cast<double>(values.size());
    html_ += fmt::format("<section><h2>{}</h2>\n", words_.by_day);
    if (compared > 0)
      html_ += fmt::format("<div class=\"key\"><span><i></i>{}</span><span><i class=\"line\"></i>{}</span></div>\n",
                           words_.this_month, words_.month_before);
    html_ += fmt::format("<figure style=\"margin:0\"><svg viewBox=\"0 -8 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                         drawn(kWidth), drawn(kHeight + kFoot + 8), escaped(words_.by_day));
    for (double tick = bottom; tick <= top + step / 2; tick += step) {
      html_ += fmt::format(
          "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\" stroke=\"{3}\"/><text x=\"{4}\" y=\"{5}\" "
          "text-anchor=\"end\">{6}</text>\n",
          drawn(kLeft), drawn(kWidth), drawn(y_of(tick)), std::abs(tick) < step / 2 ? "#14181f" : "#e6e9ee",
          drawn(kLeft - 10), drawn(y_of(tick) + 4), escaped(tick_text(tick)));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double value = size_of(values[i]);
      const double from = y_of(std::max(value, 0.0)), to = y_of(std::min(value, 0.0));
      html_ += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#0b5cad\" rx=\"1\"><title>{}: {}</title></rect>\n",
          drawn(kLeft + slot * (static_cast<double>(i) + .14)), drawn(from), drawn(slot * .72),
          drawn(std::max(to - from, .3)), escaped(series.buckets[i]),
          escaped(money_shown(values[i], currency(), language_)));
      if (i == 0 || (i + 1) % 5 == 0)
        html_ += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                             drawn(kLeft + slot * (static_cast<double>(i) + .5)), drawn(kHeight + 16),
                             series.buckets[i].substr(series.grain == "day" ? 8 : 5));
    }
    std::string line;
    for (std::size_t i = 0; i < compared; ++i)
      if ((*before)[i])
        line += fmt::format("{},{} ", drawn(kLeft + slot * (static_cast<double>(i) + .5)),
                            drawn(y_of(size_of(*(*before)[i]))));
    if (!line.empty())
      html_ += fmt::format(
          "<polyline points=\"{}\" fill=\"none\" stroke=\"#fff\" stroke-width=\"3.5\"/><polyline points=\"{}\" "
          "fill=\"none\" stroke=\"#8a93a0\" stroke-width=\"1.5\"/>\n",
          line, line);
    html_ += "</svg></figure></section>\n";
  }

  static double nice_step(double range) {
    const double rough = range / 4;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
      if (factor * power >= rough) return factor * power;
    }
    return 10 * power;
  }

  std::string tick_text(double value) const {
    const std::string text = fmt::format("{:.{}f}", std::abs(value) < 1e-9 ? 0.0 : value,
                                         std::abs(value) < 10 && value != std::floor(value) ? 2 : 0);
    const auto point = text.find('.');
    std::string out = grouped(text.substr(0, point));
    if (language_ == Language::portuguese) std::replace(out.begin(), out.end(), ',', '.');
    if (point != std::string::npos) out += (language_ == Language::portuguese ? "," : ".") + text.substr(point + 1);
    return out;
  }

  void add_movers() {
    if (!overview().compare) return;
    html_ += fmt::format("<section><h2>{}</h2>\n", words_.movers);
    if (overview().movers.empty()) {
      html_ += fmt::format("<p class=\"muted\">{}</p></section>\n", words_.movers_none);
      return;
    }
    html_ += fmt::format(
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\" class=\"n\">{}</th><th "
        "scope=\"col\" "
        "class=\"n\">{}</th><th scope=\"col\" class=\"n\">{}</th></tr></thead><tbody>\n",
        words_.service, escaped(month_name(overview().compare->from, language_)),
        escaped(month_name(overview().period.from, language_)), words_.change);
    for (const auto& each : overview().movers)
      html_ += fmt::format(
          "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
          key(each.key), each.before ? money(*each.before) : "–", money(each.value), change(each.change));
    html_ += "</tbody></table></div></section>\n";
  }

  void add_costs(std::string_view title, std::string_view head, const explore::Cost& cost, bool wide = true,
                 std::string_view nobody = {}) {
    html_ += fmt::format(
        "<section><h2>{}</h2>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">{}</th>{}<th scope=\"col\" "
        "class=\"n\">{}</th>{}<th scope=\"col\" class=\"n\">{}</th></tr></thead><tbody>\n",
        escaped(title), escaped(head), wide ? "<td class=\"b\"></td>" : "", words_.cost,
        wide && cost.compare ? fmt::format("<th scope=\"col\" class=\"n\">{}</th>", words_.change) : "", words_.share);
    const std::size_t shown = cost.rows.size() <= kRowsShown + 1 ? cost.rows.size() : kRowsShown;
    std::vector<std::string> values, befores;
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& row = cost.rows[i];
      const bool is_nobody = !row.key[0] && !nobody.empty();
      values.push_back(row.value);
      befores.push_back(row.before.value_or("0"));
      add_row(is_nobody ? fmt::format("<strong>{}</strong>", nobody) : key(row.key[0], row.names[0]), row.value,
              row.change, row.share, wide, cost.compare.has_value());
    }
    if (shown < cost.rows.size()) {
      const std::string rest = rest_of(cost.total, values);
      const std::string rest_before = cost.before ? rest_of(*cost.before, befores) : "0";
      const auto moved = subtract(decimal_of(rest), decimal_of(rest_before));
      add_row(fmt::format("<span class=\"muted\">{} ({})</span>", words_.others,
                          cost.rows_total - static_cast<std::int64_t>(shown)),
              rest, moved ? std::optional<std::string>(moved->shortest()) : std::nullopt, share_of(rest, cost.total),
              wide, cost.compare.has_value());
    }
    html_ += fmt::format(
        "</tbody><tfoot><tr><th scope=\"row\">{}</th>{}<td class=\"n\">{}</td>{}<td "
        "class=\"n\"></td></tr></tfoot></table></div></section>\n",
        words_.total, wide ? "<td></td>" : "", money(cost.total),
        wide && cost.compare ? fmt::format("<td class=\"n\">{}</td>", change(cost.change)) : "");
  }

  // Of what stands for many rows: as a drawing, and to a tenth of a percent, a double says it.
  static std::optional<std::string> share_of(const std::string& part, const std::string& whole) {
    const double all = size_of(whole);
    return all == 0 ? std::nullopt : std::optional<std::string>(fmt::format("{:.6f}", size_of(part) / all));
  }

  void add_row(const std::string& name, const std::string& value, const std::optional<std::string>& moved,
               const std::optional<std::string>& share, bool wide, bool compares) {
    const double part = std::clamp(share ? size_of(*share) : 0.0, 0.0, 1.0);
    html_ += fmt::format(
        "<tr><th scope=\"row\">{}</th>{}<td class=\"n\">{}</td>{}<td class=\"n\">{}</td></tr>\n", name,
        wide ? fmt::format("<td class=\"b\"><span class=\"bar\" style=\"width:{}%\"></span></td>", drawn(part * 100))
             : "",
        money(value), wide && compares ? fmt::format("<td class=\"n\">{}</td>", change(moved)) : "",
        share ? percent_shown(*share, language_, false) : "–");
  }

  void add_allocation() {
    if (!report_.allocation) return;
    const std::string by = name_of_dimension(report_.allocation->by.front(), language_);
    add_costs(fmt::format("{}: {} {}", words_.allocation, words_.allocation_of, by), capital(by), *report_.allocation,
              true, words_.nobody);
  }

  static std::string capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
  }

  void add_commitments() {
    if (!report_.commitments || report_.commitments->rows.empty()) return;
    const auto percent = [&](const std::optional<std::string>& ratio) {
      return ratio ? percent_shown(*ratio, language_, false) : std::string("–");
    };
    html_ += fmt::format(
        "<section><h2>{}</h2>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\" "
        "class=\"n\">{}"
        "</th><th scope=\"col\" class=\"n\">{}</th><th scope=\"col\" class=\"n\">{}</th><th scope=\"col\" "
        "class=\"n\">{}</th></tr>"
        "</thead><tbody>\n",
        words_.commitments, words_.commitment, words_.committed, words_.used, words_.unused, words_.utilisation);
    const auto add = [&](const std::string& name, const explore::Commitment& of, const char* cell) {
      html_ += fmt::format(
          "<tr><{0} scope=\"row\">{1}</{0}><td class=\"n\">{2}</td><td class=\"n\">{3}</td><td class=\"n\">{4}</td><td "
          "class=\"n\">{5}</td></tr>\n",
          cell, name, money(of.committed), money(of.used), money(of.unused), percent(of.utilisation));
    };
    for (const auto& each : report_.commitments->rows) {
      const std::string id =
          each.id.substr(each.id.find_last_of("/:") == std::string::npos ? 0 : each.id.find_last_of("/:") + 1);
      add(fmt::format("{} <span class=\"muted\" title=\"{}\">{}</span>",
                      escaped(each.name.value_or(each.type.value_or(""))), escaped(each.id), escaped(id)),
          each, "th");
    }
    html_ += "</tbody><tfoot>";
    if (report_.commitments->total) add(std::string(words_.total), *report_.commitments->total, "th");
    html_ += "</tfoot></table></div></section>\n";
  }

  void add_proof() {
    html_ += fmt::format("<section><h2>{}</h2>\n<dl class=\"facts\">\n", words_.proof);
    const auto add = [&](std::string_view name, const std::string& html) {
      html_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
    };
    if (report_.certificate) {
      const auto& certificate = *report_.certificate;
      const bool holds = certificate.holds("strict");
      const Json comparisons = member(certificate.statement, "comparisons");
      const auto good = std::count_if(comparisons.begin(), comparisons.end(),
                                      [](const Json& each) { return bool_or(each, "strict", false); });
      add(words_.verdict, fmt::format("<span class=\"seal {}\">{}</span>", holds ? "good" : "bad",
                                      holds ? words_.certified : words_.differs));
      add(words_.number, std::to_string(certificate.number));
      add(words_.issued, escaped(fmt::format("{}, {}", time_text(certificate.issued_ms), certificate.user)));
      add(words_.comparisons, fmt::format("{} / {} {}", good, comparisons.size(), words_.without_difference));
      add(words_.hash, fmt::format("<span class=\"mono\">{}</span>", escaped(certificate.hash)));
      add(words_.seal, fmt::format("<span class=\"mono\">{}</span>", escaped(certificate.seal)));
    } else {
      add(words_.verdict, fmt::format("<span class=\"muted\">{}</span>", words_.not_certified));
    }
    add(words_.release, fmt::format("{}, {}", report_.release.number, time_text(report_.release.published_ms)));
    html_ += "</dl></section>\n";
  }

  void add_foot() {
    html_ += fmt::format("<footer>centavo {} · {} {} · {} {}, {}</footer>\n</main></body></html>\n", CENTAVO_VERSION,
                         words_.made, time_text(report_.made_ms), words_.all_in, escaped(currency()), words_.rounded);
  }

  const Report& report_;
  const Language language_;
  const Words& words_;
  std::string html_;
};

// "-1234.565" to `digits` behind the point, half away from zero, with the signs of a language.
std::string number_shown(const Decimal& amount, int digits, Language language) {
  Decimal value = amount;
  for (; value.scale < digits; ++value.scale) value.value *= 10;
  Int128 divisor = 1;
  for (int i = digits; i < value.scale; ++i) divisor *= 10;
  const bool negative = value.value < 0;
  const UInt128 size = negative ? UInt128{0} - static_cast<UInt128>(value.value) : static_cast<UInt128>(value.value);
  const auto by = static_cast<UInt128>(divisor);
  const UInt128 rounded = size / by + (size % by * 2 >= by && by > 1 ? 1U : 0U);
  std::string text = Decimal{static_cast<Int128>(rounded), digits}.text();
  const auto point = text.find('.');
  std::string whole = grouped(text.substr(0, point));
  const std::string part = point == std::string::npos ? "" : text.substr(point + 1);
  if (language == Language::portuguese) std::replace(whole.begin(), whole.end(), ',', '.');
  if (!part.empty()) whole += (language == Language::portuguese ? "," : ".") + part;
  return (negative && rounded != 0 ? "−" : "") + whole;
}

}  // namespace

Result<Language> parse_language(std::string_view text) {
  if (text == "en") return Language::english;
  if (text == "pt-BR" || text == "pt") return Language::portuguese;
  return fail_hint("en or pt-BR", ErrorKind::invalid_argument, "language {}: there is none", text.substr(0, 50));
}

std::string money_shown(const std::string& amount, const std::string& currency, Language language) {
  const auto parsed = parse_decimal(amount);
  if (!parsed) return amount;
  const std::string number = number_shown(*parsed, subunit_digits(currency), language);
  const bool portuguese = language == Language::portuguese;
  const std::string_view sign = currency == "USD"   ? (portuguese ? "US$ " : "$")
                                : currency == "BRL" ? (portuguese ? "R$ " : "R$")
                                : currency == "EUR" ? (portuguese ? "€ " : "€")
                                                    : std::string_view();
  const bool negative = number.starts_with("−");
  const std::string bare = negative ? number.substr(std::string_view("−").size()) : number;
  return fmt::format("{}{}{}", negative ? "−" : "", sign.empty() ? currency + " " : std::string(sign), bare);
}

std::string percent_shown(const std::string& ratio, Language language, bool signs) {
  auto value = parse_decimal(ratio);
  if (!value) return ratio;
  value->value *= 100;
  const std::string number = number_shown(*value, 1, language);
  const bool plus = signs && value->value > 0 && number.find_first_not_of("0.,") != std::string::npos;
  return fmt::format("{}{}{}", plus ? "+" : "", number, "%");
}

std::string report_page(const Report& report, Language language) { return Page(report, language).make(); }

}  // namespace centavo::document
