#pragma once
/// \file app/serve/export_answer.h
/// Answers as files: ?format=csv, csvbr, jsonl, xlsx or parquet.

#include <string>
#include <vector>

#include "app/document/export.h"
#include "app/serve/call.h"

namespace centavo::serve {

/// Rows of one select of a release, as a file.
struct ExportQuery {
  std::string name;                    ///< of the file, without ending
  std::string sql;                     ///< vetted before it runs
  document::About about;               ///< what was asked
  bool is_of_person = false;           ///< somebody wrote this SQL
};
/// What failed in SQL that somebody wrote, as an error of theirs: a value that is no number, more memory than it may
/// have.
Error error_of_person(Error error);
Result<http::Response> export_query(Call& call, OpenTenant& open, std::int64_t release, const std::string& format,
                                    const ExportQuery& query);
/// A bounded table as a file.
Result<http::Response> export_table(const OpenTenant& open, const std::string& format, document::Table table,
                                    const std::string& name, document::About about = {});
/// What a file says of an answer to a question.
document::About about_of(const Call& call, const OpenTenant& open, const explore::Question& question,
                         const explore::Span& period, const std::string& currency, std::int64_t release);
/// A page of ours that stands alone: its inline style is allowed by digest, nothing else is.
http::Response html_response(std::string page);

}  // namespace centavo::serve
