#include "flow/generate/aws_truth.h"

namespace centavo::generate {
namespace {

constexpr const char* kCategories[] = {"Usage", "Purchase", "Tax", "Credit"};

int category_of(LineType type) {
  switch (type) {
    case LineType::ri_fee:
    case LineType::fee:
    case LineType::savings_plan_recurring_fee:
    case LineType::savings_plan_upfront_fee: return 1;
    case LineType::tax: return 2;
    case LineType::credit: return 3;
    default: return 0;   // a refund is of the category of what it refunds: here always usage
  }
}

}  // namespace

void Truth::add(const Line& line) {
  TypeSums& sums = types_[static_cast<std::size_t>(line.type)];
  const Amount spread = amortized(line);
  ++sums.rows;
  sums.unblended += line.cost;
  sums.amortized += spread;
  if (line.public_cost != kNone && line.type != LineType::savings_plan_negation) sums.list += line.public_cost;
  if (!line.split.parent.empty()) ++split_rows_;
  billed_[static_cast<std::size_t>(category_of(line.type))] += line.net_cost == kNone ? line.cost : line.net_cost;

  if (line.type == LineType::savings_plan_upfront_fee || (line.type == LineType::fee && !line.reservation.arn.empty()))
    upfront_ += line.cost;
  if (line.type == LineType::ri_fee) {
    amortized_upfront_ += line.reservation.amortized_upfront_fee;
    ri_unused_ += spread;
  }
  if (line.type == LineType::savings_plan_recurring_fee) {
    amortized_upfront_ += line.plan.total_commitment - line.cost;
    plan_unused_ += spread;
  }
}

void Truth::add(const Truth& other) {
  for (std::size_t i = 0; i < types_.size(); ++i) {
    types_[i].rows += other.types_[i].rows;
    types_[i].unblended += other.types_[i].unblended;
    types_[i].amortized += other.types_[i].amortized;
    types_[i].list += other.types_[i].list;
  }
  for (std::size_t i = 0; i < billed_.size(); ++i) billed_[i] += other.billed_[i];
  split_rows_ += other.split_rows_;
  upfront_ += other.upfront_;
  amortized_upfront_ += other.amortized_upfront_;
  ri_unused_ += other.ri_unused_;
  plan_unused_ += other.plan_unused_;
}

std::int64_t Truth::rows() const {
  std::int64_t out = 0;
  for (const auto& sums : types_) out += sums.rows;
  return out;
}

OrderedJson Truth::json() const {
  TypeSums all;
  OrderedJson types;
  for (int i = 0; i < kLineTypes; ++i) {
    const TypeSums& sums = types_[static_cast<std::size_t>(i)];
    if (sums.rows == 0) continue;
    all.unblended += sums.unblended;
    all.amortized += sums.amortized;
    all.list += sums.list;
    types[std::string(name_of(static_cast<LineType>(i)))] = {{"rows", sums.rows},
                                                             {"unblended", text_of(sums.unblended)},
                                                             {"amortized", text_of(sums.amortized)},
                                                             {"list", text_of(sums.list)}};
  }
  Int128 billed = 0;
  OrderedJson categories;
  for (std::size_t i = 0; i < billed_.size(); ++i) {
    billed += billed_[i];
    categories[kCategories[i]] = text_of(billed_[i]);
  }
  return {{"rows", rows()},
          {"split_rows", split_rows_},
          {"unblended", text_of(all.unblended)},
          {"amortized", text_of(all.amortized)},
          {"list", text_of(all.list)},
          {"upfront", text_of(upfront_)},
          {"amortized_upfront", text_of(amortized_upfront_)},
          {"ri_unused", text_of(ri_unused_)},
          {"sp_unused", text_of(plan_unused_)},
          {"billed", text_of(billed)},
          {"billed_by_charge_category", categories},
          {"by_line_item_type", types}};
}

}  // namespace centavo::generate
