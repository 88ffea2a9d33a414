#include "app/cli/table_file.h"

#include <filesystem>

#include "app/cli/row_format.h"

namespace centavo::cli {
namespace {

/// Without blanks and semicolons at the end, so that it fits between brackets.
std::string_view bare(std::string_view sql) {
  while (!sql.empty() && (sql.back() == ';' || std::isspace(static_cast<unsigned char>(sql.back())) != 0))
    sql.remove_suffix(1);
  return sql;
}

}  // namespace

Status write_parquet(Context& context, Workshop& workshop, const Tenant& tenant, std::int64_t release,
                     const std::function<Result<std::string>(Reader&)>& make_sql, const std::string& path,
                     const SelectLimits& limits) {
  std::error_code ignored;
  const std::string absolute = std::filesystem::absolute(path, ignored).string();
  const std::string temporary = temporary_name(absolute);
  {
    TRY(RowSink::open(context.output(), absolute));  // says at once when the folder cannot be written
  }
  Reader reader = TRY(Reader::open(workshop, tenant, release, context.sight(tenant.id), temporary));
  reader.connection().watch(limits.cancel == nullptr ? context.cancel() : limits.cancel);
  const std::string sql = TRY(make_sql(reader));
  TRY(reader.vet(sql));
  if (limits.rows_max > 0) {
    const auto over = TRY(reader.connection().value(
        fmt::format("select count(*) > {0} from (select 1 from (\n{1}\n) limit {0} + 1)", limits.rows_max, bare(sql))));
    if (over == "true") return fail(ErrorKind::over_limit, "the query has more than {} rows", limits.rows_max);
  }
  const Status written =
      reader.connection().run(fmt::format("copy (\n{}\n) to {} (format parquet, compression zstd, use_tmp_file false)",
                                          bare(sql), duck::literal(temporary)));
  if (!written) {
    std::filesystem::remove(temporary, ignored);
    return written;
  }
  return put_in_place(temporary, absolute);
}

}  // namespace centavo::cli
