#pragma once
/// \file flow/generate/output_file.h
/// A file written front to back, plain or as one gzip stream (ISA-L) without time and name: equal text is equal bytes,
/// on one machine. Other processors may compress the same text to other bytes.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace centavo::generate {

/// Written beside its place and renamed by `close`; a file that is not closed leaves nothing behind.
class OutputFile {
 public:
  /// Creates the folder. `io` when it cannot.
  static Result<OutputFile> create(std::string path, bool gzip);
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;
  ~OutputFile();

  /// `out_of_space` or `io`.
  Status write(std::string_view bytes);
  /// Bytes of the finished file.
  Result<std::int64_t> close();

 private:
  struct State;
  explicit OutputFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The whole file at once, plain.
Status write_file(const std::string& path, std::string_view bytes);

}  // namespace centavo::generate
