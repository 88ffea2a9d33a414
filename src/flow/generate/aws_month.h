#pragma once
/// \file flow/generate/aws_month.h
/// The lines of one billing period, in the order of time: fees for what was bought, usage hour by hour (day by day in a
/// small bill), then what the month's end brings: reservation fees, support, marketplace, credits, refunds, discounts
/// and tax.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "flow/generate/aws_commitment.h"
#include "flow/generate/aws_delivery.h"
#include "flow/generate/aws_fleet.h"

namespace centavo::generate {

/// What is decided for the whole bill.
struct BillPlan {
  std::uint64_t seed = 0;
  bool hourly = false;  ///< one line an hour and resource, else one a day
  bool discounts = false;
  int marketplace_rows = 0, credit_rows = 0, refund_rows = 0;
  int taxed_services = 0;  ///< of each account: 1 to kBigServices
};

class MonthWriter {
 public:
  /// `month` counts from the bill's first. All but `plan` change while a month is written.
  MonthWriter(const BillPlan& plan, Fleet& fleet, std::vector<Reservation>& reservations,
              std::vector<SavingsPlan>& plans, const Assembly& assembly, int month, Delivery& out);

  /// Writes `rows` lines; a preliminary assembly leaves some out. At least 100.
  Status write(std::int64_t rows);

 private:
  struct Interval {
    std::string start, end, both;
    std::int64_t hours = 0;
    int busy_percent = 100;
    std::uint64_t number = 0;
  };
  Interval interval_at(std::int64_t index) const;
  int row_weight(std::int64_t index) const;

  Status bought();
  Status usage(std::int64_t index, std::int64_t rows);
  Status plan_fees(const Interval& now);
  /// Writes the slot's line or lines, at most `room`; returns how many it stands for.
  Result<std::int64_t> slot_lines(const Slot& slot, const Interval& now, std::int64_t room);
  Status pods(Line line, const Slot& slot, Amount cost);
  Status month_end();
  Status reservation_fees();
  Status fixed_lines();
  Status account_lines();

  Line whole_month(LineType type, const Account& account) const;
  std::string_view new_id();
  Amount quantity(const Slot& slot, const Interval& now, std::uint64_t dice) const;
  int reservation_of(const Product* product) const;
  std::int64_t special_rows() const;
  Status send(Line& line);

  const BillPlan& plan_;
  Fleet& fleet_;
  std::vector<Reservation>& reservations_;
  std::vector<SavingsPlan>& plans_;
  const Assembly& assembly_;
  int month_;
  Delivery& out_;
  std::int64_t days_ = 0;
  std::uint64_t key_ = 0;
  int first_weekday_ = 0;  // 0: Monday
  std::string whole_, invoice_, invoice_bought_, invoice_market_;
  std::string id_;
  std::uint64_t ids_ = 0;
  std::vector<std::array<Amount, kBigServices>> spent_, discounted_;  // by account
};

}  // namespace centavo::generate
