#pragma once
/// \file app/document/html_page.h
/// A page of headings and tables: no script, nothing from elsewhere, made to be printed.

#include <string>
#include <string_view>
#include <vector>

namespace centavo::document {

/// Text as HTML shows it.
std::string escaped(std::string_view text);

class HtmlPage {
 public:
  struct Heading {
    std::string_view title;
    bool number = false;
  };

  explicit HtmlPage(std::string_view title);
  void add(std::string_view html) { html_ += html; }
  void heading(std::string_view title) { html_ += "<h2>" + escaped(title) + "</h2>\n"; }
  void open_table(const std::vector<Heading>& headings);
  /// `differs`: it stands out.
  void row(const std::vector<std::string>& cells, bool differs = false);
  void close_table() { html_ += "</tbody></table>\n"; }
  /// The whole page.
  std::string take() { return std::move(html_) + "</main></body></html>\n"; }

 private:
  std::string html_;
  std::vector<Heading> headings_;
};

}  // namespace centavo::document
