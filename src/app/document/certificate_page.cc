#include "app/document/certificate_page.h"

#include "app/document/html_page.h"
#include "app/document/text.h"

namespace centavo::document {
namespace {

std::string rows_text(const Json& object) { return grouped(std::to_string(int_or(object, "rows"))); }

void add_head(HtmlPage& page, const Certificate& certificate) {
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

void add_findings(HtmlPage& page, const Json& statement) {
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

void add_sums(HtmlPage& page, const Certificate& certificate) {
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

void add_evidence(HtmlPage& page, const Certificate& certificate) {
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
  HtmlPage page(fmt::format("Certificate {} of {}", certificate.number, text_or(certificate.statement, "tenant")));
  add_head(page, certificate);
  add_findings(page, certificate.statement);
  add_sums(page, certificate);
  add_evidence(page, certificate);
  page.add(fmt::format(
      "<footer>{}: compute it again with <code>centavo certificate verify --tenant {}</code></footer>\n",
      escaped(text_or(certificate.statement, "program")), escaped(text_or(certificate.statement, "tenant"))));
  return page.take();
}

}  // namespace centavo::document
