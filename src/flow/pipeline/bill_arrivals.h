#pragma once
/// \file flow/pipeline/bill_arrivals.h
/// When a bill came: for each billing period, the time its first files landed and the time its rows last changed.

#include <map>
#include <string>

#include "flow/pipeline/pipeline.h"

namespace centavo {

struct BillArrival {
  TimeMs first_ms = 0;   ///< its first landing, whether or not other files took its place since
  TimeMs newest_ms = 0;  ///< the run that read the newest files of those that the release shows
};

/// By period ("2026-09"): of the bronze tables that the tables of `interface` are made of. Landings that came after the
/// release, or wait because their period is closed, do not count.
Result<std::map<std::string, BillArrival>> bill_arrivals(Workshop& workshop, const Tenant& tenant,
                                                         const Release& release, const std::string& interface);

}  // namespace centavo
