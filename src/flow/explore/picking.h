#pragma once
/// \file flow/explore/picking.h
/// What a question picks of a release, as the first step of a select: amounts of its span and of the one before, by its
/// dimensions and by day or month.

#include <optional>
#include <string>
#include <vector>

#include "flow/explore/source.h"
#include "flow/explore/span.h"

namespace centavo::explore {

struct Picking {
  Span span;
  std::optional<Span> before;
  std::string grain;  ///< day, month
  Source source;

  /// "picked as (…)": k1 …, n1 … (names), b (bucket of the span), c (bucket of the one before, when `both`), v and w
  /// (sums in the span and before). One row where there are no dimensions.
  Result<std::string> sql(const Question& question, const std::vector<std::string>& dimensions, bool both) const;
  /// The bucket of a row within a span, as a date; days outside count as its first or last.
  std::string bucket(const Span& within) const;
};
Result<Picking> pick(const Holdings& holdings, const Question& question, bool with_series);

/// Days or months of a span, as the grain says, no more than the release has around it.
std::vector<std::string> buckets_of(const Holdings& holdings, const Span& span, const std::string& grain);

/// Runs a select over a source. The views of silver are then as its columns need them.
Result<std::vector<std::vector<std::optional<std::string>>>> read_all(Reader& reader, const Source& source,
                                                                      const std::string& sql);

/// Fills what all answers say in front.
Status fill_totals(Totals& out, const Holdings& holdings, const Question& question, const Picking& picking,
                   const std::optional<std::string>& value, const std::optional<std::string>& before);

}  // namespace centavo::explore
