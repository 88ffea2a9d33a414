#pragma once
/// \file flow/pipeline/scratch.h
/// A place where a tenant's tables are made again, apart from the lake's own: nothing in it is ever published.

#include <memory>

#include "flow/pipeline/definition.h"
#include "flow/pipeline/pipeline.h"
#include "lake/delta/table.h"

namespace centavo {

/// An empty lake of its own in a temporary folder of the lake. Goes, with all that was made, when destroyed;
/// `doctor --repair` takes away what a killed program left.
class Scratch {
 public:
  static Result<Scratch> open(Workshop& workshop, const std::string& tenant);
  Scratch(Scratch&&) noexcept = default;
  Scratch& operator=(Scratch&&) noexcept = default;
  ~Scratch();

  /// Puts a period of a table there as it stands in a snapshot, without copying a byte.
  Status adopt(const pack::Model& model, const TableState& state, const delta::Snapshot& snapshot);
  /// Makes what `options` and its repetition ask for. The report's own error is an error here too.
  Result<RunReport> make(const pack::Library& library, const Tenant& tenant, const RunOptions& options,
                         const OnEvent& on_event, const Cancel* cancel);
  /// "select …" over the rows of a table made there that have these partition values; "" without any.
  Result<std::string> select(const pack::TableName& table, const delta::PartitionValues& partition);

 private:
  Scratch(Workshop& workshop, std::string tenant, std::string dir);
  Workshop* workshop_;
  std::string tenant_;
  std::string dir_;
  std::unique_ptr<Lake> lake_;
  std::unique_ptr<Catalog> catalog_;
};

/// Finds landings by source and number, also of sources that the tenant has no more.
class LandingShelf {
 public:
  LandingShelf(Store& store, std::string tenant) : store_(store), tenant_(std::move(tenant)) {}
  /// `not_found` when it is gone.
  Result<const Landing*> find(const std::string& source, std::int64_t number);

 private:
  Store& store_;
  std::string tenant_;
  std::map<std::string, std::map<std::int64_t, Landing>> read_;
};

}  // namespace centavo
