#pragma once
/// \file flow/generate/aws_line.h
/// One line of an AWS bill before a layout spells it. Text is borrowed and must already be safe in CSV.

#include <cstdint>
#include <string>
#include <string_view>

#include "flow/generate/amount.h"
#include "flow/generate/aws_catalog.h"

namespace centavo::generate {

enum class LineType : std::uint8_t {
  usage,
  discounted_usage,
  savings_plan_covered_usage,
  savings_plan_negation,
  savings_plan_recurring_fee,
  savings_plan_upfront_fee,
  ri_fee,
  fee,
  credit,
  refund,
  tax,
  edp_discount,
};
inline constexpr int kLineTypes = 12;
std::string_view name_of(LineType type);   ///< "DiscountedUsage"

/// A usage kind in a region: all that its lines share.
struct Product {
  const UsageKind* kind = nullptr;
  const Region* region = nullptr;
  Amount rate = 0;
  Amount plan_rate = 0;             ///< under a savings plan; 0: none covers it
  std::string usage_type, rate_text, sku, rate_code, rate_id, description;
  std::string columns;              ///< the layout's product columns, spelled once
};

struct ReservationFields {
  std::string_view arn, subscription;
  Amount effective_cost = kNone, amortized_upfront = kNone, recurring = kNone;   ///< DiscountedUsage
  Amount amortized_upfront_fee = kNone, unused_upfront_fee = kNone, unused_recurring_fee = kNone,
         unused_quantity = kNone;   ///< RIFee
  Amount total_units = kNone, units = kNone, upfront_value = kNone;
  std::string_view start, end;
};

struct SavingsPlanFields {
  std::string_view arn, offering, payment, start, end;
  Amount rate = kNone, effective_cost = kNone;                                   ///< covered usage
  Amount total_commitment = kNone, used_commitment = kNone, amortized_upfront = kNone, recurring = kNone;   ///< fees
};

struct SplitFields {
  std::string_view parent;
  Amount usage = kNone, cost = kNone, unused_cost = kNone, ratio = kNone;
};

struct Line {
  LineType type = LineType::usage;
  std::string_view id, interval, start, end;
  std::string_view invoice_id, invoicing_entity, billing_entity = "AWS", bill_type = "Anniversary", legal_entity;
  std::string_view account, account_name;
  const Product* product = nullptr;             ///< null: the names below and no product columns
  std::string_view product_code, product_name, usage_type, operation;
  std::string_view availability_zone, resource_id, description, tax_type, term, unit;
  Amount usage = kNone, rate = kNone, cost = 0, public_cost = kNone, net_cost = kNone;
  ReservationFields reservation;
  SavingsPlanFields plan;
  SplitFields split;
  std::string_view team, env, tenant;           ///< tags; empty: not tagged
};

/// Amortised cost of one line: what it costs once upfront and recurring fees are spread over the usage they cover.
Amount amortized(const Line& line);

}  // namespace centavo::generate
