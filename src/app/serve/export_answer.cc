#include "app/serve/export_answer.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "app/serve/service.h"
#include "base/time_limit.h"

namespace centavo::serve {
namespace {

class WriterSink : public document::Sink {
 public:
  explicit WriterSink(http::Writer& writer) : writer_(writer) {}
  Status write(std::string_view bytes) override { return writer_.write(bytes); }

 private:
  http::Writer& writer_;
};

// A connection looks at a Cancel no longer than there is one.
class Watch {
 public:
  Watch(duck::Connection& connection, const Cancel& cancel) : connection_(connection) { connection_.watch(&cancel); }
  ~Watch() { connection_.watch(nullptr); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  duck::Connection& connection_;
};

http::Response file_response(const std::string& tenant, const std::string& name, document::FileFormat format) {
  http::Response out;
  out.header("Content-Type", std::string(document::media_type(format)))
      .header("Content-Disposition",
              fmt::format("attachment; filename=\"{}-{}.{}\"", tenant, name, document::ending_of(format)))
      .header("Cache-Control", "no-store");
  // These are compressed inside.
  out.compressible = format != document::FileFormat::xlsx && format != document::FileFormat::parquet;
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string sha256_base64(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return base64(digest);
}

Status write_rows(Reader& reader, const ExportQuery& query, document::FileFormat format, std::int64_t rows_most,
                  http::Writer& writer, const Cancel& cancel) {
  const Watch watch(reader.connection(), cancel);
  duck::Rows rows = TRY(reader.query(query.sql));
  rows.limit(rows_most);
  WriterSink sink(writer);
  const auto source = document::rows_of(rows);
  return document::write_file(*source, sink,
                              {.format = format, .about = query.about, .scratch_folder = {}, .cancel = &cancel});
}

}  // namespace

Error error_of_person(Error error) {
  if (error.kind == ErrorKind::corrupt_data) error.kind = ErrorKind::invalid_argument;
  if (error.kind == ErrorKind::out_of_space)
    return {ErrorKind::over_limit, "the query takes more memory than it may", "ask for fewer rows, columns or months"};
  return error;
}

Result<http::Response> export_query(Call& call, OpenTenant& open, std::int64_t release, const std::string& format,
                                    const ExportQuery& query) {
  const document::FileFormat kind = TRY(document::parse_file_format(format));
  const auto turn = TRY(call.service.turns().take(call.who.user));
  // Opened and vetted here, so that what is wrong is a problem and not a cut file.
  auto reader = std::make_shared<Reader>(TRY(call.service.readers().open(open, release, call.sight(), &call.cancel)));
  TRY(reader->vet(query.sql));
  http::Response out = file_response(open.tenant.id, query.name, kind);
  out.stream = [reader, query, kind, turn, &service = call.service](http::Writer& writer,
                                                                    const Cancel& client) -> Status {
    const auto& options = service.options();
    const TimeLimit limit(&client, options.export_time);
    const Status done = write_rows(*reader, query, kind, options.export_rows_most, writer, *limit.cancel());
    if (done) return done;
    if (limit.is_over()) {
      return fail_hint("ask for fewer rows, columns or months", ErrorKind::over_limit,
                       "the file took longer than {} seconds", options.export_time.count());
    }
    return fail(service.told(query.is_of_person ? error_of_person(done.error()) : done.error()));
  };
  return out;
}

Result<http::Response> export_table(const OpenTenant& open, const std::string& format, document::Table table,
                                    const std::string& name, document::About about) {
  const document::FileFormat kind = TRY(document::parse_file_format(format));
  if (about.title.empty()) about.title = name;
  http::Response out = file_response(open.tenant.id, name, kind);
  auto held = std::make_shared<const document::Table>(std::move(table));
  out.stream = [held, kind, about = std::move(about)](http::Writer& writer, const Cancel& cancel) -> Status {
    WriterSink sink(writer);
    const auto source = document::rows_of(*held);
    return document::write_file(*source, sink,
                                {.format = kind, .about = about, .scratch_folder = {}, .cancel = &cancel});
  };
  return out;
}

document::About about_of(const Call& call, const OpenTenant& open, const explore::Question& question,
                         const explore::Span& period, const std::string& currency, std::int64_t release) {
  return document::about_of(open.tenant, question, period, currency, release, call.who.user,
                            call.service.clock().now_ms());
}

http::Response html_response(std::string page) {
  http::Response out;
  std::string style;
  const std::size_t begin = page.find("<style>"), end = page.find("</style>");
  if (begin != std::string::npos && end != std::string::npos) {
    const std::size_t first = begin + std::string_view("<style>").size();
    style = fmt::format("'sha256-{}'", sha256_base64(std::string_view(page).substr(first, end - first)));
  }
  out.header("Content-Type", "text/html; charset=utf-8")
      .header("Cache-Control", "no-store")
      .header("Content-Security-Policy",
              fmt::format("default-src 'none'; style-src {}; img-src data:; base-uri 'none'; form-action 'none'; "
                          "frame-ancestors 'none'",
                          style.empty() ? "'none'" : style))
      .header("X-Content-Type-Options", "nosniff")
      .header("Referrer-Policy", "no-referrer");
  out.body = std::move(page);
  return out;
}

}  // namespace centavo::serve
