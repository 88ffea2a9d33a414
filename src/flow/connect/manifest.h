#pragma once
/// \file flow/connect/manifest.h
/// AWS's announcements of a delivery. Source: AWS docs, "Understanding the contents of your report" (legacy:
/// assemblyId, reportKeys) and "Data Exports delivery" (CUR 2.0: executionId, dataFiles).

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/period.h"
#include "base/result.h"
#include "flow/connect/landing.h"
#include "flow/connect/source_files.h"

namespace centavo {

/// One delivery of one report for one period: everything that period consists of.
struct Delivery {
  std::string report;                  ///< what replaces what: account and report, or the export's ARN
  std::string report_name;             ///< for people
  std::string id;                      ///< assembly or execution
  Period period;
  std::vector<std::string> keys;       ///< as the manifest names the files
  std::vector<std::string> columns;    ///< as the header should name them; may be empty
  std::string bucket;
  std::string path;                    ///< of the manifest
  TimeMs modified_ms = 0;
};

/// `corrupt_data` when it is not a manifest of either kind, or contradicts itself.
Result<Delivery> parse_aws_manifest(std::string_view json, const std::string& path, TimeMs modified_ms);

/// The file a key means: its longest tail that exists below the root or the manifest's folder. Nullptr when there is
/// none. A file that lies unpacked where the key ends in .gz is taken.
const SourceFile* find_key(const SourceFiles& source, const Delivery& delivery, const std::string& key);

struct Deliveries {
  std::vector<Delivery> current;           ///< in order of period and report; at most one of each
  std::set<std::string> claimed;           ///< paths that manifests speak of: not files in their own right
  std::vector<LandProblem> problems;       ///< manifests that cannot be read
};

/// Finds "*Manifest.json" and picks each report's and period's newest delivery: what the manifest beside the assembly
/// folders names, else the newest by time and name.
Result<Deliveries> find_deliveries(const SourceFiles& source);

}  // namespace centavo
