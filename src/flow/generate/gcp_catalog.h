#pragma once
/// \file flow/generate/gcp_catalog.h
/// What a generated Google Cloud account uses, with its prices, and what it has committed to.
/// Sources: Google Cloud SKU groups; schema of the detailed usage cost data.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "flow/generate/amount.h"

namespace centavo::generate {

enum class GcpCommitment { none, cpu, ram, spend };
inline constexpr int kGcpCommitments = 3;   // but none

/// Prices are US dollars for a pricing unit, in steps of 1e-6; quantities are pricing units in steps of 1e-4.
struct GcpSku {
  int share;   ///< of 100 lines
  const char *service_id, *service, *id, *name;
  const char *unit, *pricing_unit;
  std::int64_t units;   ///< that make one pricing unit
  Amount price;
  int steps;            ///< quantities are 1 to `steps` of 1e-4
  GcpCommitment commitment = GcpCommitment::none;
  bool sustained = false, free_tier = false;
  const char* resource = "";   ///< "//compute.googleapis.com/projects/{}/zones/{}/instances/"
  const char* seller = "";     ///< third party
};
std::span<const GcpSku> gcp_skus();
/// The fee of a commitment, by kind from cpu on: `price` is of an hour of it, or of a dollar.
std::span<const GcpSku> gcp_fees();

struct GcpProject {
  std::string id;
  std::string json;                    ///< "project":{…}
  std::vector<std::string> labels;     ///< "labels":[…], some of them
};
std::vector<GcpProject> gcp_projects(std::uint64_t seed, int count);

}  // namespace centavo::generate
