#pragma once
/// \file flow/generate/row_file.h
/// A data file of a generated delivery: rows of text one after another, kept as gzip text or as Parquet.

#include <cstdint>
#include <string>

#include "flow/generate/generate.h"
#include "flow/generate/output_file.h"

namespace centavo::generate {

/// Rows of all deliveries together, for progress and cancelling.
struct Pace {
  const Progress& progress;
  const Cancel* cancel;
  std::int64_t rows_done = 0;
  std::int64_t rows_total = 0;

  /// Counts a row. `cancelled` when asked to stop.
  Status row();
};

struct RowForm {
  std::string header;               ///< the first line of the text, with its end; may be empty
  std::string select;  ///< SQL whose `{}` is the quoted path of the text: the rows of Parquet. Empty: gzip text
  duck::Database* engine = nullptr;  ///< writes Parquet
};

/// Memory is one buffer; Parquet is written by the engine from the text beside it, which then goes.
class RowFile {
 public:
  /// Does not own the form, which must outlive it.
  static Result<RowFile> create(std::string path, const RowForm& form);

  /// Where the text of the next row goes, whole with its line end.
  std::string& text() { return text_; }
  /// Call behind each row.
  Status row_ended();
  std::int64_t rows() const { return rows_; }
  /// Bytes of the finished file.
  Result<std::int64_t> close(const Cancel* cancel);

 private:
  RowFile(std::string path, const RowForm& form, OutputFile file);

  std::string path_;
  const RowForm* form_;
  OutputFile file_;
  std::string text_;
  std::int64_t rows_ = 0;
};

}  // namespace centavo::generate
