#pragma once
/// \file app/document/export_formats.h
/// One function a format, behind write_file().

#include "app/document/export.h"

namespace centavo::document {

Status write_csv(TableRows& rows, Sink& sink, const ExportOptions& options);     ///< RFC 4180: CRLF, exact values
Status write_csvbr(TableRows& rows, Sink& sink, const ExportOptions& options);   ///< ; and decimal comma, BOM
Status write_json_lines(TableRows& rows, Sink& sink, const ExportOptions& options);
Status write_xlsx(TableRows& rows, Sink& sink, const ExportOptions& options);
Status write_parquet(TableRows& rows, Sink& sink, const ExportOptions& options);

bool is_exact(std::string_view type);   ///< decimals
bool is_whole(std::string_view type);
/// How many digits a number shows, without zeros in front.
std::size_t digits_of(std::string_view number);

/// A file that is removed again; its bytes go to a sink in pieces.
class ScratchFile {
 public:
  static Result<ScratchFile> make(const std::string& folder, std::string_view ending);
  ScratchFile(ScratchFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFile& operator=(ScratchFile&&) = delete;
  ~ScratchFile();
  const std::string& path() const { return path_; }
  Status pour(Sink& sink, const Cancel* cancel) const;

 private:
  explicit ScratchFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace centavo::document
