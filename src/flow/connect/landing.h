#pragma once
/// \file flow/connect/landing.h
/// Landing: bytes of a source come into raw, once, unchanged, and each delivery is written down.
///
/// raw/<source>/<period or "all">/<sha256>.<ext> holds the bytes; raw/<source>/_landings/<20 digits>.json says, one
/// file a landing, what a table's period now consists of. The landings are the truth; they are never changed.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/period.h"
#include "base/result.h"
#include "io/duck/duck.h"
#include "io/store/store.h"
#include "lake/pack/library.h"
#include "lake/tenant/tenant.h"

namespace centavo {

struct LandedFile {
  std::string source_path;      ///< as the source names it, relative to the URI's folder
  std::string digest;           ///< SHA-256, hex
  std::string raw_key;          ///< key in the lake's store
  std::int64_t size_bytes = 0;
  TimeMs modified_ms = 0;
  std::string format;           ///< "csv", "parquet", "json", "jsonl"
  std::string compression;      ///< "", "gzip", "zstd", "zip"
  std::string dataset = {};     ///< what its manifest calls this kind of data; "" without one
  std::int64_t rows = -1;          ///< of the landing's period, when a column told; -1: not counted
  std::int64_t rows_in_file = -1;  ///< of all its periods
  std::string rows_digest = {};    ///< of the landing's period, when the source compares rows; "" otherwise
  bool operator==(const LandedFile&) const = default;
};

/// What (table, period) consists of after this landing. For a table that appends: the new files only.
struct Landing {
  std::int64_t number = 0;      ///< position in the source's log
  std::string id;               ///< UUID
  std::string source;           ///< the tenant's name for it
  std::string kind;
  std::string table;            ///< "bronze.aws_cur_line_items"
  std::string period;           ///< "2026-09"; "" for tables without periods
  std::string delivery;         ///< assembly or execution id of the manifest; "" without one
  bool filter_period = false;   ///< the files hold other periods too: take the rows of this one
  std::string period_column;    ///< delivered column to filter by, with filter_period
  std::vector<LandedFile> files;
  TimeMs landed_ms = 0;
  Json manifest =
      Json::object();   ///< what the manifest said that is worth keeping (columns, bucket, report name, row counts)

  /// SHA-256 over table, period, filter and the files' names and digests: equal content, equal digest, on every
  /// machine.
  std::string content_digest() const;
};

struct LandProblem {
  std::string where;            ///< delivery or file
  Error error;
};

struct LandReport {
  std::vector<Landing> landed;          ///< new ones
  std::vector<LandProblem> problems;    ///< deliveries that did not become visible, each with its reason
  std::vector<std::string>
      notes;       ///< what was left alone and is no problem: a file delivered twice, a header without rows
  std::int64_t files_seen = 0;
  std::int64_t files_read = 0;          ///< new or changed, so read
  std::int64_t bytes_read = 0;
};

/// Called now and then with what is being read.
using LandProgress = std::function<void(const std::string& file, std::int64_t bytes_done, std::int64_t bytes_total)>;

/// Lands what is new in one source of a tenant: finds deliveries (manifests, or files by glob), reads only files that
/// are new or changed (path, size, time), checks each (gzip and zstd frames to the end, Parquet footer, size against
/// the manifest, header row present), copies it to raw by its digest, then writes the landing. Files of a delivery land
/// together or not at all. Periods outside `periods` (when given) are left for later. A broken delivery is a problem in
/// the report and leaves its period as it was. An error is returned when the source itself cannot be read, or the lake
/// not written; then and after a cancel nothing new is visible but whole landings. The caller holds the tenant's lock.
///
/// With a manifest, the newest delivery of each report is what its period consists of; reports add up. Without one,
/// files add up: those the source has now are the period. A newer file of a name takes the place of the old one, one
/// that is gone goes with its rows, and one whose bytes are there already under another name counts once. A period of
/// which the source has no file any more stays as it landed. Both are noted. A table that appends takes every file
/// whose bytes are new.
Result<LandReport> land(Lake& lake, duck::Database& engine, const pack::Library& library, const Tenant& tenant,
                        const TenantSource& source, const std::optional<PeriodRange>& periods,
                        const LandProgress& progress, const Cancel* cancel, const Clock& clock = Clock::system());

/// The folder that says what landed, one file a landing.
std::string landings_root(std::string_view tenant, std::string_view source);
/// The source's landings from number `from` on, in order.
Result<std::vector<Landing>> read_landings(Store& store, std::string_view tenant, std::string_view source,
                                           std::int64_t from = 0);

/// What a probe of a source found, without landing: deliveries, periods, files, bytes, columns of the first file.
Result<Json> probe(Lake& lake, duck::Database& engine, const pack::Library& library, const Tenant& tenant,
                   const TenantSource& source);

/// The feed that brings this file into a table; null when none does. The first that fits: by the manifest's dataset, or
/// by name for a file without one.
const pack::SourceKind::Feed* feed_of_file(const pack::SourceKind& kind, const pack::TableName& table,
                                           const LandedFile& file);

Json to_json(const Landing& landing);
Result<Landing> landing_from_json(const Json& json);

}  // namespace centavo
