#pragma once
/// \file app/serve/export_answer.h
/// Answers as files: ?format=csv, csvbr, jsonl, xlsx or parquet.

#include <string>
#include <vector>

#include "app/document/table.h"
#include "app/serve/call.h"

namespace centavo::serve {

/// Rows of one select of a release, as a file.
struct ExportQuery {
  std::string name;                    ///< of the file, without ending
  std::string sql;                     ///< vetted before it runs
  std::vector<std::pair<std::string, std::string>> filters;   ///< what was asked, for the file's first sheet
};
Result<http::Response> export_query(Call& call, OpenTenant& open, std::int64_t release, const std::string& format,
                                    const ExportQuery& query);
/// A bounded table as a file.
Result<http::Response> export_table(Call& call, OpenTenant& open, const std::string& format,
                                    const document::Table& table, const std::string& name);
/// A page of ours that stands alone: its inline style is allowed by digest, nothing else is.
http::Response html_response(std::string page);

}  // namespace centavo::serve
