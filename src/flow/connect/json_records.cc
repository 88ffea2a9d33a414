#include "flow/connect/json_records.h"

namespace centavo {
namespace {

std::string json_objects(const LandedFile& file, const std::string& local_path, std::string_view format) {
  return fmt::format("read_json_objects({}, format = '{}', compression = '{}', maximum_object_size = 536870912)",
                     duck::path_list({local_path}), format,
                     file.compression.empty() ? "uncompressed" : file.compression);
}

// A select with the records as `r`, or the maps that hold them. An API's answer holds them under the path; an extract
// beside it is a bare array of them.
std::string under_path(const pack::SourceKind& kind, const LandedFile& file, const std::string& local_path) {
  if (file.format == "jsonl")
    return fmt::format("select json as r from {}", json_objects(file, local_path, "newline_delimited"));
  if (kind.record_path.empty()) return fmt::format("select json as r from {}", json_objects(file, local_path, "auto"));
  // One map where a list of them could stand counts as a list of one; so does what is no map, to be refused later.
  const std::string one =
      kind.map_entries.empty()
          ? ""
          : fmt::format("when json_type(json, '$.{0}') <> 'ARRAY' then [json_extract(json, '$.{0}')] ",
                        kind.record_path);
  return fmt::format(
      "select unnest(case when json_type(json) = 'ARRAY' then json_extract(json, '$[*]') {}else json_extract(json, "
      "'$.{}[*]') end) as r from {}",
      one, kind.record_path, json_objects(file, local_path, "unstructured"));
}

}  // namespace

Result<std::string> json_records(duck::Connection& engine, const pack::SourceKind& kind, const LandedFile& file,
                                 const std::string& local_path) {
  if (!kind.record_path.empty() && file.format != "jsonl") {
    const auto without = TRY_IN(
        file.source_path,
        engine.value(fmt::format(
            "select count(*) from {} where json is null or (json_type(json) <> 'ARRAY' and not json_exists(json, "
            "'$.{}'))",
            json_objects(file, local_path, "unstructured"), kind.record_path)));
    if (without != "0")
      return fail(ErrorKind::corrupt_data, "{}: no rows under {}", file.source_path, kind.record_path);
  }
  const std::string found = under_path(kind, file, local_path);
  if (kind.map_entries.empty()) return found;
  const auto others = TRY_IN(
      file.source_path,
      engine.value(fmt::format("select count(*) from ({}) where json_type(r) not in ('OBJECT', 'NULL')", found)));
  if (others != "0") {
    return fail_hint("check that the source is of this kind", ErrorKind::corrupt_data,
                     "{}: not a map of rows by name, but a list or a value{}", file.source_path,
                     kind.record_path.empty() ? "" : " under " + kind.record_path);
  }
  return fmt::format("select unnest(json_keys(r)) as entry, unnest(json_extract(r, '$.*')) as r from ({})", found);
}

Result<std::vector<std::string>> json_names(duck::Connection& engine, const pack::SourceKind& kind,
                                            const std::string& records) {
  std::vector<std::string> out;
  if (!kind.map_entries.empty()) {
    if (TRY(engine.value(fmt::format("select count(*) from ({})", records))) == "0") return out;
    out.push_back(kind.map_entries);
  }
  const auto rows =
      TRY(engine.all(fmt::format("select key, min(place) from (select unnest(json_keys(r)) as key, "
                                 "unnest(range(len(json_keys(r)))) as place from ({})) group by key order by 2, 1",
                                 records)));
  for (const auto& row : rows) {
    if (const std::string name = row.front().value_or(""); name != kind.map_entries) out.push_back(name);
  }
  return out;
}

std::string json_value(const pack::SourceKind& kind, std::string_view name) {
  if (!kind.map_entries.empty() && name == kind.map_entries) return "entry";
  std::string pointer(name);  // a JSON pointer: ~ and / are written ~0 and ~1
  for (std::size_t at = 0; (at = pointer.find_first_of("~/", at)) != std::string::npos; at += 2)
    pointer.replace(at, 1, pointer[at] == '~' ? "~0" : "~1");
  return fmt::format("(r ->> {})", duck::literal("/" + pointer));
}

}  // namespace centavo
