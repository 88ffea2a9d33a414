#pragma once
/// \file flow/connect/part_writer.h
/// Writes the parts of one file, of CSV or of JSON lines, one after another.

#include <functional>
#include <string>

#include "flow/connect/parts.h"

namespace centavo {

/// Opens a part with its first byte and hands it over with `cut`. Removes a part that was not handed over.
class PartWriter {
 public:
  PartWriter(const std::string& folder, const std::function<Status(CsvPart)>& on_part);
  ~PartWriter();
  PartWriter(const PartWriter&) = delete;
  PartWriter& operator=(const PartWriter&) = delete;

  /// What each part starts with. Before the first byte of a part.
  void set_header(std::string header) { header_ = std::move(header); }
  Status write(std::string_view bytes);
  /// Ends the part, which holds `rows` rows from `first_row` on. A part without rows is dropped.
  Status cut(std::int64_t first_row, std::int64_t rows);
  /// Bytes in the part so far, without its header.
  std::int64_t part_bytes() const { return part_bytes_; }

 private:
  Status begin();
  Status flush();
  Status write_through(std::string_view bytes);

  std::string folder_;
  std::string prefix_;
  const std::function<Status(CsvPart)>& on_part_;
  std::string header_;
  std::string buffer_;
  std::string path_;
  int fd_ = -1;
  int number_ = 0;
  std::int64_t part_bytes_ = 0;
};

}  // namespace centavo
