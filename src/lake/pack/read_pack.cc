/// \file lake/pack/read_pack.cc
/// pack.yaml, sources, tests and the list of portable functions.

#include <algorithm>
#include <charconv>

#include "base/decimal.h"
#include "base/json.h"
#include "base/period.h"
#include "lake/pack/parameters.h"
#include "lake/pack/reading.h"
#include "lake/pack/types.h"

namespace centavo::pack {
namespace {

std::optional<std::string> cell_text(const Yaml& value);

Json to_json(const Yaml& value) {
  if (value.kind == Yaml::Kind::scalar) return value.text;
  if (value.kind == Yaml::Kind::null) return nullptr;
  if (value.kind == Yaml::Kind::list) {
    Json out = Json::array();
    for (const Yaml& item : value.items) out.push_back(to_json(item));
    return out;
  }
  Json out = Json::object();
  for (const Yaml::Entry& entry : value.entries) out[entry.key] = to_json(entry.value);
  return out;
}

// A test's value: text as written, lists and maps as JSON.
std::optional<std::string> cell_text(const Yaml& value) {
  if (value.kind == Yaml::Kind::null) return std::nullopt;
  if (value.kind == Yaml::Kind::scalar) return value.text;
  return to_json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<PackTest::Row> read_rows(const Reading& reading, const Yaml& list, std::string_view what) {
  std::vector<PackTest::Row> out;
  if (list.kind == Yaml::Kind::null) return out;
  if (list.kind != Yaml::Kind::list) {
    reading.mistake(list.line, fmt::format("{} must be a list of rows", what),
                    "write - {column: value}, or [] for none");
    return out;
  }
  for (const Yaml& node : list.items) {
    if (node.kind != Yaml::Kind::map) {
      reading.mistake(node.line, fmt::format("a row of {} must be a map of column: value", what));
      continue;
    }
    PackTest::Row& row = out.emplace_back();
    for (const Yaml::Entry& entry : node.entries) row.emplace_back(entry.key, cell_text(entry.value));
  }
  return out;
}

std::vector<Parameter> read_parameters(Fields& pack) {
  std::vector<Parameter> out;
  const Yaml* list = pack.list("parameters");
  if (!list) return out;
  for (const Yaml& node : list->items) {
    Fields fields(pack.reading(), node, "a parameter");
    Parameter parameter;
    parameter.place = pack.reading().place(node);
    parameter.name = fields.required_text("name");
    const std::string type = fields.required_text("type");
    const std::string value = fields.text("default");
    if (!fields.find("default") && fields.usable()) fields.mistake("default", "a parameter needs \"default\"");
    parameter.description = fields.text("description");
    static const std::vector<std::string> kFrom = {"", "tenant.currency"};
    parameter.is_currency = fields.choice("from", kFrom, 0) == 1;
    parameter.accepted = fields.texts("accepted");
    parameter.separator = fields.text("separator");
    parameter.min = fields.text("min");
    parameter.max = fields.text("max");
    fields.done();
    if (parameter.name.empty() || type.empty()) continue;
    if (!is_snake_case(parameter.name) || parameter.name.starts_with("period_")) {
      fields.mistake("name", fmt::format("\"{}\" cannot name a parameter", parameter.name),
                     "use snake_case; period_... are centavo's own");
      continue;
    }
    const auto normal = normalise_type(type);
    if (!normal) {
      fields.mistake("type", normal.error().message, normal.error().hint);
      continue;
    }
    parameter.type = *normal;
    for (auto& [key, text] : {std::pair<const char*, std::string&>("min", parameter.min), {"max", parameter.max}}) {
      if (text.empty() || parse_decimal(text)) continue;
      fields.mistake(key, fmt::format("\"{}\" is not a number", text));
      text.clear();
    }
    if (const auto plain = parameter_value(parameter, value)) {
      parameter.default_value = *plain;
    } else {
      fields.mistake("default", plain.error().message, plain.error().hint);
    }
    if (std::any_of(out.begin(), out.end(), [&](const Parameter& p) { return p.name == parameter.name; })) {
      fields.mistake("name", fmt::format("parameter \"{}\" is here twice", parameter.name));
      continue;
    }
    out.push_back(std::move(parameter));
  }
  return out;
}

void read_period(Fields& source, SourceKind& out) {
  static const std::vector<std::string> kFrom = {"manifest", "column", "path", "none"};
  out.period_from = "none";
  const Yaml* node = source.map("period");
  if (!node) return;
  Fields fields(source.reading(), *node, "period");
  fields.required_text("from");
  out.period_from = kFrom[fields.choice("from", kFrom, 3)];
  out.period_columns = fields.texts("columns");
  out.period_path = fields.text("path");
  static const std::vector<std::string> kDates = {"iso", "month_first", "day_first"};
  const std::size_t dates = fields.choice("dates", kDates, 0);
  out.month_first = dates == 1;
  out.day_first = dates == 2;
  static const std::vector<std::string> kNewBy = {"files", "rows"};
  out.compares_rows = fields.choice("new_by", kNewBy, 0) == 1;
  if (out.compares_rows && out.period_from != "column")
    fields.mistake("new_by", "only rows that say their month themselves can be compared", "period from: column");
  if (out.period_from == "column" && out.period_columns.empty())
    fields.mistake("columns", "period from: column needs \"columns\"");
  if (out.period_from == "path" && out.period_path.empty()) fields.mistake("path", "period from: path needs \"path\"");
  if (out.period_from == "manifest" && out.manifest.empty()) {
    fields.mistake("from", "period from: manifest, but the source has no manifest", "add manifest: aws");
  }
  fields.done();
}

void read_set(Fields& fields, const Yaml& set, SourceKind::Feed& feed) {
  for (const Yaml::Entry& entry : set.entries) {
    if (entry.value.kind == Yaml::Kind::scalar && is_snake_case(entry.key)) {
      feed.set[entry.key] = entry.value.text;
    } else {
      fields.reading().mistake(entry.line,
                               fmt::format("set \"{}\" needs one value, and a name in snake_case", entry.key));
    }
  }
}

void read_feeds(Fields& source, SourceKind& out) {
  const Yaml* list = source.list("feeds");
  if (list) {
    for (const Yaml& node : list->items) {
      Fields fields(source.reading(), node, "a feed");
      fields.required_text("table");
      const auto table = read_table_name(fields, "table");
      SourceKind::Feed feed;
      feed.match = fields.texts("match");
      feed.dataset = fields.text("dataset");
      if (!feed.dataset.empty() && out.manifest.empty())
        fields.mistake("dataset", "a feed names a dataset, but the source has no manifest", "add manifest: azure");
      if (const Yaml* set = fields.map("set")) read_set(fields, *set, feed);
      feed.place = source.reading().place(node);
      fields.done();
      if (!table) continue;
      feed.table = *table;
      if (table->layer != Layer::bronze) {
        fields.mistake("table", fmt::format("a source fills bronze tables, and {} is not one", table->text()));
        continue;
      }
      out.feeds.push_back(std::move(feed));
    }
  }
  if (out.feeds.empty() && source.usable() && (!list || list->items.empty()))
    source.mistake("feeds", "a source needs \"feeds\"", "feeds: [{table: bronze.x}]");
}

void read_source_columns(Fields& source, SourceKind& out) {
  const Yaml* node = source.map("columns");
  if (!node) return;
  Fields fields(source.reading(), *node, "columns");
  static const std::vector<std::string> kNaming = {"as_delivered", "snake_case", "lower_case"};
  const std::size_t naming = fields.choice("naming", kNaming, 0);
  out.snake_case = naming == 1;
  out.lower_case = naming == 2;
  out.original_in_parentheses = fields.flag("original_in_parentheses");
  if (const Yaml* list = fields.list("gather")) {
    for (const Yaml& item : list->items) {
      Fields gather(source.reading(), item, "an entry of gather");
      SourceKind::Gather entry{gather.text("prefix"), gather.required_text("into")};
      if (!gather.find("prefix")) gather.mistake("prefix", "an entry of gather needs \"prefix\"");
      gather.done();
      if (!entry.into.empty()) out.gather.push_back(std::move(entry));
    }
  }
  out.json_maps = fields.texts("json_maps");
  if (const Yaml* rename = fields.map("rename")) {
    for (const Yaml::Entry& entry : rename->entries) {
      if (entry.value.kind == Yaml::Kind::scalar && !entry.value.text.empty()) {
        out.rename[entry.key] = entry.value.text;
      } else {
        source.reading().mistake(entry.line, fmt::format("rename \"{}\" needs a new name", entry.key));
      }
    }
  }
  fields.done();
}

// "1", "1..3", "2.." -> fewest and most (-1: any).
bool parse_arity(std::string_view text, int& least, int& most) {
  const auto number = [](std::string_view digits, int& out) {
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return fault == std::errc() && end == digits.data() + digits.size() && out >= 0;
  };
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return number(text, least) && number(text, most);
  most = -1;
  return number(text.substr(0, dots), least) &&
         (dots + 2 == text.size() || (number(text.substr(dots + 2), most) && most >= least));
}

// Placeholders are {0}, {1:r}, {*}; {{ is not one.
std::string bad_placeholder(std::string_view body, int least, int most) {
  for (std::size_t at = body.find('{'); at != std::string_view::npos; at = body.find('{', at + 1)) {
    const std::size_t end = body.find('}', at);
    const std::string_view inside = body.substr(at + 1, end == std::string_view::npos ? 0 : end - at - 1);
    int index = 0;
    const auto [stop, fault] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
    const bool in_range =
        fault == std::errc() && stop == inside.data() + inside.size() && index < least && most == least;
    if (inside != "*" && !in_range)
      return std::string(body.substr(at, end == std::string_view::npos ? 1 : end - at + 1));
  }
  return {};
}

}  // namespace

void read_pack_file(const Reading& reading, const YamlFile& file, Pack& pack) {
  pack.place = {reading.file(), 1, 0};
  const Yaml* document = read_document(reading, file);
  if (!document) return;
  Fields fields(reading, *document, "pack.yaml");
  const std::string name = fields.required_text("pack");
  if (!name.empty() && name != pack.name) {
    fields.mistake("pack", fmt::format("pack \"{}\" stands in the folder \"{}\"", name, pack.name),
                   "folder and name must be the same");
  }
  pack.version = static_cast<int>(fields.whole("version", 1, 1000000, 1));
  pack.description = fields.required_text("description");
  pack.requires_packs = fields.texts("requires");
  pack.default_source = fields.text("default_source");
  pack.parameters = read_parameters(fields);
  fields.done();
}

SourceKind read_source(const Reading& reading, const YamlFile& file, const std::string& pack) {
  SourceKind out;
  out.pack = pack;
  out.place = {reading.file(), 1, 0};
  const Yaml* document = read_document(reading, file);
  if (!document) return out;
  out.place = reading.place(*document);
  Fields fields(reading, *document, "a source");
  out.name = fields.required_text("source");
  if (!out.name.empty() && !is_snake_case(out.name))
    fields.mistake("source", fmt::format("source name \"{}\" is not snake_case", out.name));
  out.description = fields.text("description");
  static const std::vector<std::string> kConnectors = {"files"};
  static const std::vector<std::string> kFormats = {"auto", "csv", "parquet", "json", "jsonl"};
  static const std::vector<std::string> kManifests = {"", "aws", "azure"};
  static const std::vector<std::string> kEncodings = {"", "utf-8", "latin-1", "utf-16"};
  fields.required_text("connector");
  out.connector = kConnectors[fields.choice("connector", kConnectors, 0)];
  out.format = kFormats[fields.choice("format", kFormats, 0)];
  out.manifest = kManifests[fields.choice("manifest", kManifests, 0)];
  out.match = fields.texts("match");
  out.ignore = fields.texts("ignore");
  if (const Yaml* csv = fields.map("csv")) {
    Fields options(reading, *csv, "csv");
    out.delimiter = options.text("delimiter");
    out.quote = options.text("quote");
    out.encoding = kEncodings[options.choice("encoding", kEncodings, 0)];
    static const std::vector<std::string> kShortRows = {"refuse", "fill"};
    out.short_rows = options.choice("short_rows", kShortRows, 0) == 1;
    out.csv_columns = options.texts("columns");
    options.done();
  }
  if (const Yaml* json = fields.map("json")) {
    Fields options(reading, *json, "json");
    out.record_path = options.text("record_path");
    out.map_entries = options.text("map_entries");
    options.done();
  }
  read_period(fields, out);
  if (const Yaml* delivery = fields.map("delivery")) {
    Fields options(fields.reading(), *delivery, "delivery");
    out.delivery_path = options.required_text("path");
    options.done();
    if (!out.manifest.empty())
      fields.mistake("delivery", "a manifest tells the deliveries already", "leave one of them out");
  }
  read_feeds(fields, out);
  read_source_columns(fields, out);
  fields.done();
  return out;
}

std::vector<PackTest> read_tests(const Reading& reading, const YamlFile& file) {
  std::vector<PackTest> out;
  for (const auto& [line, message] : file.mistakes) reading.mistake(line, message);
  for (const Yaml& document : file.documents) {
    if (document.kind == Yaml::Kind::null) continue;
    Fields fields(reading, document, "a test");
    PackTest test;
    test.place = reading.place(document);
    for (const Yaml::Entry& entry : document.entries) test.lines[entry.key] = entry.line;
    test.title = fields.required_text("test");
    fields.required_text("model");
    const auto model = read_table_name(fields, "model");
    test.period = fields.text("period");
    if (!test.period.empty() && !Period::parse(test.period)) {
      fields.mistake("period", fmt::format("\"{}\" is not a period", test.period), "write 2026-09");
    }
    if (const Yaml* parameters = fields.map("parameters")) {
      for (const Yaml::Entry& entry : parameters->entries)
        test.parameters[entry.key] = cell_text(entry.value).value_or("");
    }
    if (const Yaml* given = fields.map("given")) {
      for (const Yaml::Entry& entry : given->entries) {
        test.lines["given " + entry.key] = entry.line;
        test.given.emplace_back(entry.key, read_rows(reading, entry.value, fmt::format("given {}", entry.key)));
      }
    }
    if (const Yaml* expect = fields.list("expect")) {
      test.expect = read_rows(reading, *expect, "expect");
    } else if (fields.usable() && !fields.find("expect")) {
      fields.mistake("expect", "a test needs \"expect\"", "expect: [] when no row comes out");
    }
    fields.done();
    if (!model) continue;
    test.model = *model;
    out.push_back(std::move(test));
  }
  return out;
}

FunctionsFile read_functions(const Reading& reading, const YamlFile& file) {
  FunctionsFile out;
  const Yaml* document = read_document(reading, file);
  if (!document) return out;
  Fields fields(reading, *document, "functions.yaml");
  if (const Yaml* common = fields.map("common")) {
    for (const Yaml::Entry& entry : common->entries) {
      auto& [least, most] = out.common[entry.key];
      if (!parse_arity(entry.value.text, least, most)) {
        reading.mistake(entry.line, fmt::format("\"{}\" takes \"{}\" arguments", entry.key, entry.value.text),
                        "write 1, 1..3 or 2..");
      }
    }
  }
  if (const Yaml* instead = fields.map("instead")) {
    for (const Yaml::Entry& entry : instead->entries) out.instead[entry.key] = entry.value.text;
  }
  if (const Yaml* list = fields.list("functions")) {
    for (const Yaml& node : list->items) {
      Fields entry(reading, node, "a function");
      Function function;
      function.place = reading.place(node);
      function.name = entry.required_text("name");
      function.description = entry.required_text("description");
      const std::string arity = entry.required_text("arguments");
      if (!parse_arity(arity, function.arity_min, function.arity_max)) {
        entry.mistake("arguments", fmt::format("\"{}\" is not a number of arguments", arity), "write 1, 1..3 or 2..");
      }
      for (const char* engine : {"duckdb", "spark"}) {
        const std::string body = entry.text(engine);
        if (body.empty()) continue;
        if (const std::string bad = bad_placeholder(body, function.arity_min, function.arity_max); !bad.empty()) {
          entry.mistake(engine, fmt::format("{}: \"{}\" stands for no argument", function.name, bad),
                        "write {0}, {1} or {*}");
        }
        function.body[engine] = body;
      }
      entry.done();
      out.functions.push_back(std::move(function));
    }
  }
  fields.done();
  return out;
}

}  // namespace centavo::pack
