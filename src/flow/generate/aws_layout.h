#pragma once
/// \file flow/generate/aws_layout.h
/// How AWS spells a bill: the columns of a layout, its rows as CSV, its manifests and where its files stand.
/// Sources: AWS CUR user guide, "Legacy CUR" and "CUR 2.0 table dictionary"; real manifests of both.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/period.h"
#include "flow/generate/aws_line.h"
#include "flow/generate/generate.h"
#include "flow/generate/record_writer.h"

namespace centavo::generate {

/// What is the same on every line of one period.
struct Bill {
  Period period;
  std::string payer, payer_name, currency;
  std::string start, end;    ///< "2026-09-01T00:00:00Z"
};

/// One delivery of one period.
struct Assembly {
  std::string id;            ///< UUID: assembly id, or execution id of CUR 2.0
  std::string delivered;     ///< "2026-10-03T08:15:00.000Z"
  bool final = false;        ///< invoice ids are filled
  bool preliminary = false;  ///< a later assembly replaces it
};

struct LayoutColumn {
  std::string_view category;   ///< legacy: "lineItem"; CUR 2.0: empty
  std::string_view name;       ///< "UnblendedCost" or "line_item_unblended_cost"
  std::string_view type;       ///< as the manifest says it
  std::string_view parquet;    ///< type in Parquet: "VARCHAR", "DOUBLE", "TIMESTAMP"
};

class Layout {
 public:
  virtual ~Layout() = default;
  virtual std::span<const LayoutColumn> columns() const = 0;
  /// Header names as a CSV file has them, and as a Parquet file has them.
  virtual std::string csv_name(const LayoutColumn& column) const = 0;
  virtual std::string parquet_name(const LayoutColumn& column) const = 0;
  /// The columns that a product fills by itself, spelled once and kept in Product::columns.
  virtual std::string product_columns(const Product& product) const = 0;
  /// Appends the line as one CSV record with its line end.
  virtual void append_row(std::string& out, const Bill& bill, const Line& line) const = 0;
  /// Path of data file `number` (from 1), and the manifests of a delivery in order of writing, relative to `out_dir`.
  virtual std::string data_path(const AwsOptions& options, const Bill& bill, const Assembly& assembly,
                                int number) const = 0;
  struct Manifest {
    std::string path;
    std::string text;
  };
  virtual std::vector<Manifest> manifests(const AwsOptions& options, const Bill& bill, const Assembly& assembly,
                                          const std::vector<std::string>& data_paths) const = 0;
};

std::unique_ptr<Layout> legacy_layout();
std::unique_ptr<Layout> cur2_layout();

}  // namespace centavo::generate
