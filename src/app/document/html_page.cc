#include "app/document/html_page.h"

#include "base/result.h"

namespace centavo::document {
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

}  // namespace

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

HtmlPage::HtmlPage(std::string_view title) {
  html_ =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html_ += fmt::format("<title>{}</title>\n<style>{}</style></head>\n<body><main>\n", escaped(title), kStyle);
}

void HtmlPage::open_table(const std::vector<Heading>& headings) {
  headings_ = headings;
  html_ += "<table><thead><tr>";
  for (const auto& each : headings)
    html_ += fmt::format("<th scope=\"col\"{}>{}</th>", each.number ? " class=\"number\"" : "", escaped(each.title));
  html_ += "</tr></thead><tbody>\n";
}

void HtmlPage::row(const std::vector<std::string>& cells, bool differs) {
  html_ += differs ? "<tr class=\"differs\">" : "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i)
    html_ += fmt::format("<td{}>{}</td>", headings_[i].number ? " class=\"number\"" : "", escaped(cells[i]));
  html_ += "</tr>\n";
}

}  // namespace centavo::document
