#pragma once
/// \file flow/generate/aws_commitment.h
/// Reservations and savings plans of the generated bill: what was bought when, what it covers, what stays unused.

#include <cstdint>
#include <string>
#include <vector>

#include "base/period.h"
#include "flow/generate/aws_fleet.h"

namespace centavo::generate {

inline constexpr int kTermMonths = 12;
inline constexpr std::int64_t kTermHours = 8760;

struct Reservation {
  const Product* product = nullptr;
  const Account* account = nullptr;
  std::int64_t count = 0;
  Amount recurring = 0, upfront = 0;   ///< per unit and hour
  int first_month = 0;                 ///< counted from the bill's first; negative: bought before
  std::uint64_t key = 0;
  std::string arn, subscription;       ///< of the term that runs
  std::string start, end;              ///< of it, as AWS writes times; the end is exclusive

  bool active(int month) const { return month >= first_month; }
  bool bought_in(int month) const { return active(month) && (month - first_month) % kTermMonths == 0; }
  /// Names the term that runs in `month`, which is `period`: a renewal is a new reservation.
  void enter(int month, Period period);

  std::int64_t used_now = 0;           ///< units in this interval
  Int128 used_hours = 0;               ///< in this period
};

struct SavingsPlan {
  const Account* account = nullptr;
  std::string_view payment;            ///< "No Upfront"
  Amount commitment = 0, upfront = 0;  ///< per hour; `upfront` is part of `commitment`
  int first_month = 0;
  std::uint64_t key = 0;
  std::string arn, start, end;         ///< of the term that runs

  bool active(int month) const { return month >= first_month; }
  bool bought_in(int month) const { return active(month) && (month - first_month) % kTermMonths == 0; }
  void enter(int month, Period period);

  Amount budget = 0, used = 0;         ///< in this interval
};

/// Commitments that fit a bill with `rows_an_hour` usage lines at any time (of instances: as many instances).
std::vector<Reservation> buy_reservations(const Fleet& fleet, std::uint64_t seed, std::int64_t rows_an_hour, int count,
                                          int months);
std::vector<SavingsPlan> buy_savings_plans(const Fleet& fleet, std::uint64_t seed, std::int64_t rows_an_hour, int count,
                                           int months);

}  // namespace centavo::generate
