#pragma once
/// \file app/document/report.h
/// A month of a tenant as one page to read and to print: no script, nothing from elsewhere.

#include <optional>
#include <string>
#include <string_view>

#include "flow/explore/explore.h"
#include "lake/catalog/certificate.h"

namespace centavo::document {

enum class Language { english, portuguese };
/// "en", "pt-BR"; `invalid_argument` for another.
Result<Language> parse_language(std::string_view text);

/// All that the page says. The costs are of the same release, period, measure and currency.
struct Report {
  Tenant tenant;
  Release release;
  explore::Overview overview;
  explore::Cost services, accounts, regions;
  std::optional<explore::Cost> allocation;         ///< by cost centre; absent without rules, virtual tags and tags
  std::optional<explore::Commitments> commitments;
  std::optional<Certificate> certificate;          ///< the newest of the period
  bool is_closed = false;
  TimeMs made_ms = 0;
};
std::string report_page(const Report& report, Language language);

/// Amounts as people read them: "USD 1,234.56", "US$ 1.234,56"; rounded half away from zero to the currency's coin.
std::string money_shown(const std::string& amount, const std::string& currency, Language language);
/// A ratio as "+3.3%"; `signs` false: without the plus.
std::string percent_shown(const std::string& ratio, Language language, bool signs);

}  // namespace centavo::document
