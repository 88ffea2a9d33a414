#include <charconv>

#include "base/digest.h"
#include "flow/connect/landing.h"

namespace centavo {
namespace {

constexpr std::string_view kEnd = ".json";

Result<std::int64_t> number_of(std::string_view key) {
  std::string_view name = key.substr(key.rfind('/') + 1);
  std::int64_t out = 0;
  if (name.size() == 20 + kEnd.size() && name.ends_with(kEnd)) {
    name.remove_suffix(kEnd.size());
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), out);
    if (code == std::errc() && end == name.data() + name.size() && out >= 0) return out;
  }
  return fail(ErrorKind::corrupt_data, "{}: not the name of a landing", key);
}

Json file_to_json(const LandedFile& file) {
  Json out = {{"source_path", file.source_path}, {"digest", file.digest},           {"raw_key", file.raw_key},
              {"size_bytes", file.size_bytes},   {"modified_ms", file.modified_ms}, {"format", file.format},
              {"compression", file.compression}};
  if (file.rows >= 0) out["rows"] = file.rows;
  if (file.rows_in_file >= 0) out["rows_in_file"] = file.rows_in_file;
  if (!file.dataset.empty()) out["dataset"] = file.dataset;
  if (!file.rows_digest.empty()) out["rows_digest"] = file.rows_digest;
  return out;
}

Result<LandedFile> file_from_json(const Json& json) {
  LandedFile out{text_or(json, "source_path"),     text_or(json, "digest"),     text_or(json, "raw_key"),
                 int_or(json, "size_bytes", -1),   int_or(json, "modified_ms"), text_or(json, "format"),
                 text_or(json, "compression"),     text_or(json, "dataset"),    int_or(json, "rows", -1),
                 int_or(json, "rows_in_file", -1), text_or(json, "rows_digest")};
  if (out.source_path.empty() || out.digest.size() != 64 || out.raw_key.empty() || out.size_bytes < 0) {
    return fail(ErrorKind::corrupt_data, "a file without source_path, digest, raw_key or size_bytes");
  }
  return out;
}

}  // namespace

std::string Landing::content_digest() const {
  std::vector<std::string> lines;
  bool compares_rows = false;
  for (const LandedFile& file : files) {
    // A file that grew by another month, or came in another form, brings the same rows.
    Json line = Json::array({file.source_path, file.digest, file.format, file.compression});
    if (!file.rows_digest.empty()) line = Json::array({file.source_path, file.rows_digest});
    compares_rows = compares_rows || !file.rows_digest.empty();
    if (!file.dataset.empty()) line.push_back(file.dataset);
    lines.push_back(line.dump(-1, ' ', true, Json::error_handler_t::replace));
  }
  std::sort(lines.begin(), lines.end());
  Sha256 sum;
  sum.update(Json::array({table, period, filter_period && !compares_rows ? period_column : std::string()})
                 .dump(-1, ' ', true, Json::error_handler_t::replace));
  for (const std::string& line : lines) sum.update("\n" + line);
  return sum.hex();
}

Json to_json(const Landing& landing) {
  Json files = Json::array();
  for (const LandedFile& file : landing.files) files.push_back(file_to_json(file));
  return {{"format", 1},
          {"number", landing.number},
          {"id", landing.id},
          {"source", landing.source},
          {"kind", landing.kind},
          {"table", landing.table},
          {"period", landing.period},
          {"delivery", landing.delivery},
          {"filter_period", landing.filter_period},
          {"period_column", landing.period_column},
          {"files", std::move(files)},
          {"landed_ms", landing.landed_ms},
          {"manifest", landing.manifest}};
}

Result<Landing> landing_from_json(const Json& json) {
  if (!json.is_object()) return fail(ErrorKind::corrupt_data, "a landing that is not an object");
  if (int_or(json, "format") > 1) {
    return fail_hint("use a newer program", ErrorKind::unsupported,
                     "a landing of format {}; this centavo reads up to 1", int_or(json, "format"));
  }
  Landing out;
  out.number = int_or(json, "number");
  out.id = text_or(json, "id");
  out.source = text_or(json, "source");
  out.kind = text_or(json, "kind");
  out.table = text_or(json, "table");
  out.period = text_or(json, "period");
  out.delivery = text_or(json, "delivery");
  out.filter_period = json.value("filter_period", Json(false)) == Json(true);
  out.period_column = text_or(json, "period_column");
  out.landed_ms = int_or(json, "landed_ms");
  if (json.contains("manifest") && json["manifest"].is_object()) out.manifest = json["manifest"];
  if (out.id.empty() || out.table.empty() || !json.contains("files") || !json["files"].is_array()) {
    return fail(ErrorKind::corrupt_data, "a landing without id, table or files");
  }
  for (const Json& file : json["files"]) out.files.push_back(TRY(file_from_json(file)));
  return out;
}

std::string landings_root(std::string_view tenant, std::string_view source) {
  return Lake::raw_root(tenant, source) + "/_landings";
}

Result<std::vector<Landing>> read_landings(Store& store, std::string_view tenant, std::string_view source,
                                           std::int64_t from) {
  const std::string folder = landings_root(tenant, source);
  std::vector<Landing> out;
  for (const ObjectInfo& object :
       TRY(store.list(folder, false, fmt::format("{:020}", std::max<std::int64_t>(from, 0))))) {
    const std::int64_t number = TRY(number_of(object.key));
    const std::string text = TRY(store.read(object.key));
    const Json json = TRY_IN(object.key, parse_json(text));
    Landing landing = TRY_IN(object.key, landing_from_json(json));
    if (landing.number != number)
      return fail(ErrorKind::corrupt_data, "{}: it says number {}", object.key, landing.number);
    out.push_back(std::move(landing));
  }
  return out;
}

}  // namespace centavo
