#pragma once
/// \file flow/generate/aws_delivery.h
/// Writes the data files of one delivery, a file every `rows_per_file` lines, and adds up its truth.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flow/generate/aws_layout.h"
#include "flow/generate/aws_truth.h"
#include "flow/generate/generate.h"
#include "flow/generate/row_file.h"

namespace centavo::generate {

class Delivery {
 public:
  Delivery(const AwsOptions& options, const Layout& layout, const Bill& bill, const Assembly& assembly,
           const std::string& out_dir, duck::Database* engine, Pace& pace);

  Status add(const Line& line);
  /// Closes the last file (there is always one) and writes the manifests, the period's own last.
  Status close();

  const Bill& bill() const { return bill_; }
  const Truth& truth() const { return truth_; }
  const std::vector<std::string>& files() const { return files_; }
  std::int64_t bytes() const { return bytes_; }

 private:
  Status open_file();
  Status close_file();

  const AwsOptions& options_;
  const Layout& layout_;
  const Bill& bill_;
  const Assembly& assembly_;
  const std::string& out_dir_;
  Pace& pace_;
  Truth truth_;
  std::vector<std::string> files_;
  std::int64_t bytes_ = 0;
  RowForm form_;
  std::optional<RowFile> file_;
};

}  // namespace centavo::generate
