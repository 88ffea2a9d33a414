#include "app/cli/certificate_page.h"

#include "app/cli/output.h"

namespace centavo::cli {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light; }
body { font: 14px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p.verdict { font-size: 1.1rem; font-weight: 600; padding: .5rem .75rem; border: 2px solid; margin: 1rem 0; }
.good { color: #14532d; border-color: #14532d; } .bad { color: #7f1d1d; border-color: #7f1d1d; }
table { border-collapse: collapse; width: 100%; margin: .25rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #d4d4d4; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, .digest { font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
tr.differs td { background: #fef2f2; font-weight: 600; }
footer { margin-top: 2rem; color: #525252; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } h2 { break-after: avoid; } tr { break-inside: avoid; } thead { display: table-header-group; } }
@page { margin: 18mm; }
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

struct Heading {
  std::string_view title;
  bool number = false;
};

class Page {
 public:
  void add(std::string_view html) { html_ += html; }
  void heading(std::string_view title) { html_ += fmt::format("<h2>{}</h2>\n", escaped(title)); }
  void open_table(const std::vector<Heading>& headings) {
    headings_ = headings;
    html_ += "<table><thead><tr>";
    for (const auto& each : headings)
      html_ += fmt::format("<th scope=\"col\"{}>{}</th>", each.number ? " class=\"number\"" : "", escaped(each.title));
    html_ += "</tr></thead><tbody>\n";
  }
  void row(const std::vector<std::string>& cells, bool differs = false) {
    html_ += differs ? "<tr class=\"differs\">" : "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i)
      html_ += fmt::format("<td{}>{}</td>", headings_[i].number ? " class=\"number\"" : "", escaped(cells[i]));
    html_ += "</tr>\n";
  }
  void close_table() { html_ += "</tbody></table>\n"; }
  std::string take() { return std::move(html_); }

 private:
  std::string html_;
  std::vector<Heading> headings_;
};

std::string rows_text(const Json& object) { return grouped(std::to_string(int_or(object, "rows"))); }

void add_head(Page& page, const Certificate& certificate) {
  const Json& statement = certificate.statement;
  const std::string period = certificate.period.empty() ? "tables without periods" : certificate.period;
  page.add(fmt::format("<h1>Certificate {} of {}: {}</h1>\n", certificate.number, escaped(text_or(statement, "tenant")),
                       escaped(period)));
  const bool strict = certificate.holds("strict");
  const bool focus = certificate.holds("focus");
  page.add(fmt::format("<p class=\"verdict {}\">{}</p>\n", strict || focus ? "good" : "bad",
                       strict  ? "Holds: no difference anywhere."
                       : focus ? "Holds within FOCUS's rounding tolerance; the differences are named below."
                               : "Does not hold: the differences are named below."));
  page.open_table({{""}, {""}});
  page.row({"Billing period", fmt::format("{} ({})", period, text_or(statement, "state", "no state"))});
  page.row(
      {"Issued", fmt::format("{} by {} ({})", time_text(certificate.issued_ms), certificate.user, certificate.reason)});
  page.row({"Program", text_or(statement, "program")});
  for (const Json& pack : member(statement, "packs")) {
    page.row({"Pack", fmt::format("{} version {}, SHA-256 {}", text_or(pack, "pack"), int_or(pack, "version"),
                                  text_or(pack, "sha256"))});
  }
  page.close_table();
}

void add_findings(Page& page, const Json& statement) {
  const Json findings = member(statement, "findings");
  if (findings.empty()) return;
  page.heading("Differences and remarks");
  page.open_table({{""}, {"Cause"}, {"Where"}, {"What"}, {"Amount", true}});
  for (const Json& each : findings) {
    const bool alarm = bool_or(each, "alarm", true);
    page.row({alarm ? "difference" : "remark", text_or(each, "cause"), text_or(each, "where"), text_or(each, "text"),
              fmt::format("{} {}", text_or(each, "amount"), text_or(each, "currency"))},
             alarm);
  }
  page.close_table();
}

std::string title_of(const Json& sum) {
  std::string title = fmt::format("{} in {}", text_or(sum, "measure"), text_or(sum, "currency"));
  if (member(sum, "invoice").is_null()) return title + ": all";
  const std::string invoice = text_or(sum, "invoice");
  return fmt::format("{}: {}, {}", title, text_or(sum, "issuer"),
                     invoice.empty() ? "not invoiced yet" : "invoice " + invoice);
}

void add_sums(Page& page, const Certificate& certificate) {
  const Json& statement = certificate.statement;
  for (const Json& sum : member(statement, "sums")) {
    page.heading(title_of(sum));
    page.open_table({{"Stage"}, {"Table"}, {"Rows", true}, {"Amount", true}});
    if (member(sum, "invoice").is_null())
      page.row({"files", fmt::format("{} files as they landed", member(certificate.evidence, "files").size()), "", ""});
    for (const Json& stage : member(sum, "stages")) {
      page.row(
          {text_or(stage, "stage"), text_or(stage, "table"), rows_text(stage), money_text(text_or(stage, "amount"))});
    }
    for (const Json& invoice : member(statement, "comparisons")) {
      if (text_or(invoice, "to") != "invoice" || member(invoice, "invoice") != member(sum, "invoice") ||
          text_or(invoice, "currency") != text_or(sum, "currency") ||
          text_or(sum, "measure") != text_or(invoice, "measure"))
        continue;
      page.row({"invoice", text_or(invoice, "invoice"), "", money_text(text_or(invoice, "to_amount"))},
               !bool_or(invoice, "focus", true));
    }
    page.close_table();
    if (!sum.contains("categories")) continue;
    std::string line;
    for (const auto& [category, amount] : member(sum, "categories").items())
      line += fmt::format("{}{} {}", line.empty() ? "" : " · ", category, money_text(text_of(amount)));
    page.add(fmt::format("<p>Of it: {}</p>\n", escaped(line)));
  }
}

void add_evidence(Page& page, const Certificate& certificate) {
  page.heading("Files");
  page.open_table({{"File"}, {"Bytes", true}, {"Rows", true}, {"SHA-256"}});
  for (const Json& file : member(certificate.evidence, "files")) {
    page.row({text_or(file, "path"), grouped(std::to_string(int_or(file, "bytes"))), rows_text(file),
              text_or(file, "sha256")});
  }
  page.close_table();
  if (const auto before = certificate.evidence.find("before"); before != certificate.evidence.end()) {
    page.heading(fmt::format("Changed since certificate {}", int_or(*before, "certificate")));
    page.open_table({{"Stage"}, {"Table"}, {"Measure"}, {"Before", true}, {"After", true}, {"Difference", true}});
    for (const Json& change : member(*before, "changes")) {
      page.row({text_or(change, "stage"), text_or(change, "table"),
                fmt::format("{} {}", text_or(change, "measure"), text_or(change, "currency")),
                text_or(change, "before"), text_or(change, "after"), text_or(change, "difference")});
    }
    page.close_table();
  }
  page.heading("Seal");
  page.open_table({{""}, {""}});
  page.row({"Hash of the statement", certificate.hash});
  page.row({"Seal of the certificate before",
            certificate.previous.empty() ? "none: it is the first" : certificate.previous});
  page.row({"Seal", certificate.seal});
  page.close_table();
}

}  // namespace

std::string certificate_page(const Certificate& certificate) {
  Page page;
  page.add(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  page.add(fmt::format("<title>Certificate {} of {}</title>\n<style>{}</style></head>\n<body><main>\n",
                       certificate.number, escaped(text_or(certificate.statement, "tenant")), kStyle));
  add_head(page, certificate);
  add_findings(page, certificate.statement);
  add_sums(page, certificate);
  add_evidence(page, certificate);
  page.add(fmt::format(
      "<footer>{}: compute it again with <code>centavo certificate verify --tenant {}</code></footer>\n"
      "</main></body></html>\n",
      escaped(text_or(certificate.statement, "program")), escaped(text_or(certificate.statement, "tenant"))));
  return page.take();
}

}  // namespace centavo::cli
