#pragma once
/// \file flow/connect/manifest.h
/// Announcements of a delivery: one small JSON document that names its files. Each protocol has two generations.
/// Sources: AWS docs, "Understanding the contents of your report" (legacy: assemblyId, reportKeys) and "Data Exports
/// delivery" (CUR 2.0: executionId, dataFiles); Azure docs, "Create and manage Cost Management exports" (2021-01-01:
/// _manifest.json with blobs and counts; 2023 and newer: manifest.json with exportConfig and runInfo as well).

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

/// What a manifest says about a file or all of them; -1: nothing.
struct Promise {
  std::int64_t size_bytes = -1;
  std::int64_t rows = -1;
};

/// One delivery of one report for one period: everything that period consists of.
struct Delivery {
  std::string report;  ///< what replaces what: account and report, the export's ARN, dataset and scope
  std::string report_name;  ///< for people
  std::string id;  ///< assembly or execution
  Period period;
  std::vector<std::string> keys;  ///< as the manifest names the files
  std::vector<std::string> columns;  ///< as the header should name them; may be empty
  std::string bucket;
  std::string path;  ///< of the manifest
  TimeMs modified_ms = 0;
  std::string dataset;  ///< the kind of data in the manifest's words; "" when it does not say
  std::string made;  ///< ISO 8601, when the run was asked for; "" when the manifest does not say
  std::vector<Promise> promises;  ///< one for each key, or none
  std::string fault;  ///< how the manifest contradicts itself; its period must stay as it was
};

/// `corrupt_data` when it is not a manifest of either generation, or contradicts itself.
Result<Delivery> parse_aws_manifest(std::string_view json, const std::string& path, TimeMs modified_ms);

/// `corrupt_data` when it is not a manifest of either generation, or names no period of one month. Counts that disagree
/// are a `fault` of the delivery: it is known what it is of, and that it must not land.
Result<Delivery> parse_azure_manifest(std::string_view json, const std::string& path, TimeMs modified_ms);

/// The file a key means: its longest tail that exists below the root or the manifest's folder. Nullptr when there is
/// none. A file that lies unpacked where the key ends in .gz is taken.
const SourceFile* find_key(const SourceFiles& source, const Delivery& delivery, const std::string& key);

struct Deliveries {
  std::vector<Delivery> current;  ///< in order of period and report; at most one of each
  std::set<std::string> claimed;  ///< paths that manifests speak of: not files in their own right
  std::vector<LandProblem> problems;  ///< manifests that cannot be read
};

/// Finds the manifests of a protocol ("aws": *Manifest.json; "azure": manifest.json and _manifest.json; "": none) and
/// picks each report's and period's newest delivery: what the manifest beside the assembly folders names, else the
/// newest by the run's time, the file's time and its name.
Result<Deliveries> find_deliveries(const SourceFiles& source, std::string_view protocol);

}  // namespace centavo
