#include "flow/generate/aws_line.h"

namespace centavo::generate {

std::string_view name_of(LineType type) {
  static constexpr std::string_view kNames[kLineTypes] = {"Usage",
                                                          "DiscountedUsage",
                                                          "SavingsPlanCoveredUsage",
                                                          "SavingsPlanNegation",
                                                          "SavingsPlanRecurringFee",
                                                          "SavingsPlanUpfrontFee",
                                                          "RIFee",
                                                          "Fee",
                                                          "Credit",
                                                          "Refund",
                                                          "Tax",
                                                          "EdpDiscount"};
  return kNames[static_cast<int>(type)];
}

// Source: aws-solutions-library-samples/cloud-intelligence-dashboards-framework, summary_view.sql.
Amount amortized(const Line& line) {
  switch (line.type) {
    case LineType::savings_plan_covered_usage: return line.plan.effective_cost;
    case LineType::savings_plan_recurring_fee: return line.plan.total_commitment - line.plan.used_commitment;
    case LineType::savings_plan_negation:
    case LineType::savings_plan_upfront_fee: return 0;
    case LineType::discounted_usage: return line.reservation.effective_cost;
    case LineType::ri_fee: return line.reservation.unused_upfront_fee + line.reservation.unused_recurring_fee;
    case LineType::fee: return line.reservation.arn.empty() ? line.cost : 0;
    default: return line.cost;
  }
}

}  // namespace centavo::generate
