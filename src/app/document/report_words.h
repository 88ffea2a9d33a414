#pragma once
/// \file app/document/report_words.h
/// What a report says, in its languages.

#include <string_view>

#include "app/document/report.h"

namespace centavo::document {

struct Words {
  std::string_view language, report, total, before, change, unallocated, unallocated_of_bill, none, certificate,
      certified, differs, not_certified, by_day, this_month, month_before, movers, movers_none, service, account,
      region, cost, share, others, by_service, by_account, by_region, allocation, allocation_of, nobody, commitments,
      commitment, committed, used, unused, utilisation, coverage, proof, verdict, number, issued, comparisons,
      without_difference, seal, hash, release, program, made, period_open, period_closed, nothing_before, all_in, page,
      rounded;
};
const Words& words_of(Language language);
/// "October 2026", "outubro de 2026"
std::string month_name(std::string_view period, Language language);
/// What a measure, a dimension or the payer is called.
std::string name_of_measure(std::string_view measure, Language language);
std::string name_of_dimension(std::string_view dimension, Language language);

}  // namespace centavo::document
