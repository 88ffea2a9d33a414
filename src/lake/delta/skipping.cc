#include "lake/delta/skipping.h"

#include "base/decimal.h"

namespace centavo::delta {
namespace {

constexpr int kDoubleDigits = 15;  // a double keeps this many decimal digits exactly

/// The statistics as text, so that no number passes through a double.
class NumbersAsText : public nlohmann::json_sax<Json> {
 public:
  Json root;

  bool null() override { return put(Json()); }
  bool boolean(bool value) override { return put(Json(value ? "true" : "false")); }
  bool number_integer(number_integer_t value) override { return put(Json(std::to_string(value))); }
  bool number_unsigned(number_unsigned_t value) override { return put(Json(std::to_string(value))); }
  bool number_float(number_float_t, const string_t& text) override { return put(Json(text)); }
  bool string(string_t& value) override { return put(Json(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    key_ = value;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  Json* place(Json value) {
    if (stack_.empty()) {
      root = std::move(value);
      return &root;
    }
    Json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (stack_.size() > 100) return false;
    stack_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }
  std::vector<Json*> stack_;
  std::string key_;
};

Json parse_stats(const std::string& text) {
  if (text.empty()) return {};
  NumbersAsText sax;
  return Json::sax_parse(text, &sax) && sax.root.is_object() ? std::move(sax.root) : Json();
}

/// One column that the predicate compares: where its bounds come from.
struct BoundColumn {
  Field field;
  std::string type;  ///< DuckDB's
  bool partition = false;
  std::size_t number = 0;

  std::string low() const { return fmt::format("try_cast(low{} as {})", number, type); }
  std::string high() const {
    const std::string high = fmt::format("try_cast(high{} as {})", number, type);
    // Writers cut the maximum down to the millisecond.
    const bool is_time = !partition && type.starts_with("TIMESTAMP");
    return is_time ? fmt::format("({} + interval 1 millisecond)", high) : high;
  }
  std::string nulls() const { return fmt::format("try_cast(nulls{} as bigint)", number); }
};

/// Turns a predicate into a condition over the files' bounds, which is false only when no row can match.
class Condition {
 public:
  Condition(duck::Connection& connection, const SnapshotState& state, Json statement)
      : connection_(connection), state_(state), statement_(std::move(statement)) {}

  std::vector<BoundColumn> columns;

  /// "" when nothing is known: keeps every file.
  Result<std::string> of(const Json& node) {
    const std::string kind = text_or(node, "class"), type = text_or(node, "type");
    if (kind == "CONJUNCTION") return conjunction(node, type == "CONJUNCTION_AND");
    if (kind == "COMPARISON") return comparison(type, node["left"], node["right"]);
    if (kind == "BETWEEN") {
      const std::string low = TRY(comparison("COMPARE_GREATERTHANOREQUALTO", node["input"], node["lower"]));
      const std::string high = TRY(comparison("COMPARE_LESSTHANOREQUALTO", node["input"], node["upper"]));
      return both(low, high);
    }
    if (kind == "OPERATOR" && node.contains("children") && !node["children"].empty()) return operation(node, type);
    return std::string();
  }

 private:
  static std::string both(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty()) return a.empty() ? b : a;
    return fmt::format("({} and {})", a, b);
  }

  Result<std::string> conjunction(const Json& node, bool all) {
    std::string out;
    for (const Json& child : node["children"]) {
      const std::string part = TRY(of(child));
      if (part.empty()) {
        if (!all) return std::string();
        continue;
      }
      out = out.empty() ? part : fmt::format("({} {} {})", out, all ? "and" : "or", part);
    }
    return out;
  }

  Result<std::string> operation(const Json& node, const std::string& type) {
    const Json& children = node["children"];
    if (type == "COMPARE_IN") {
      std::string out;
      for (std::size_t i = 1; i < children.size(); ++i) {
        const std::string part = TRY(comparison("COMPARE_EQUAL", children[0], children[i]));
        if (part.empty()) return part;
        out = out.empty() ? part : fmt::format("({} or {})", out, part);
      }
      return out;
    }
    if (type != "OPERATOR_IS_NULL" && type != "OPERATOR_IS_NOT_NULL") return std::string();
    const BoundColumn* column = column_of(children[0]);
    if (!column) return std::string();
    return type == "OPERATOR_IS_NULL" ? fmt::format("{} > 0", column->nulls())
                                      : fmt::format("{} < try_cast(rows as bigint)", column->nulls());
  }

  Result<std::string> comparison(std::string type, const Json& left, const Json& right) {
    const BoundColumn* column = column_of(left);
    const Json* constant = &right;
    if (!column) {
      column = column_of(right);
      constant = &left;
      type = type == "COMPARE_LESSTHAN"               ? "COMPARE_GREATERTHAN"
             : type == "COMPARE_LESSTHANOREQUALTO"    ? "COMPARE_GREATERTHANOREQUALTO"
             : type == "COMPARE_GREATERTHAN"          ? "COMPARE_LESSTHAN"
             : type == "COMPARE_GREATERTHANOREQUALTO" ? "COMPARE_LESSTHANOREQUALTO"
                                                      : type;
    }
    if (!column) return std::string();
    const std::string value = TRY(constant_sql(*column, *constant));
    if (value.empty()) return value;
    const std::string low = column->low(), high = column->high();
    std::string out;
    if (type == "COMPARE_EQUAL") {
      out = fmt::format("({} <= {} and {} >= {})", low, value, high, value);
    } else if (type == "COMPARE_LESSTHAN") {
      out = fmt::format("{} < {}", low, value);
    } else if (type == "COMPARE_LESSTHANOREQUALTO") {
      out = fmt::format("{} <= {}", low, value);
    } else if (type == "COMPARE_GREATERTHAN") {
      out = fmt::format("{} > {}", high, value);
    } else if (type == "COMPARE_GREATERTHANOREQUALTO") {
      out = fmt::format("{} >= {}", high, value);
    } else {
      return std::string();
    }
    // A file of nulls only has no bounds, and no match.
    return fmt::format("({} and ({} < try_cast(rows as bigint)))", out, column->nulls());
  }

  const BoundColumn* column_of(const Json& node) {
    if (text_or(node, "class") != "COLUMN_REF" || !node.contains("column_names") || node["column_names"].size() != 1)
      return nullptr;
    const Json& name = node["column_names"][0];
    const Field* field = name.is_string() ? state_.schema.find(name.get<std::string>()) : nullptr;
    if (!field || !field->type.is_string()) return nullptr;
    for (const BoundColumn& column : columns) {
      if (column.field.name == field->name) return &column;
    }
    const auto type = duck_type_of(field->type);
    if (!type) return nullptr;
    const auto& partitions = state_.metadata->partition_columns;
    const bool partition = std::any_of(partitions.begin(), partitions.end(),
                                       [&](const std::string& c) { return Schema{{*field}}.find(c) != nullptr; });
    // NaN makes bounds of floats meaningless; binary and boolean columns have none.
    if (!partition && (*type == "FLOAT" || *type == "DOUBLE" || *type == "BLOB" || *type == "BOOLEAN")) return nullptr;
    if (partition && *type == "BLOB") return nullptr;
    if (columns.capacity() == 0) columns.reserve(64);
    if (columns.size() == columns.capacity()) return nullptr;  // keeps the pointers that were given out
    columns.push_back({*field, *type, partition, columns.size()});
    return &columns.back();
  }

  static bool has_column(const Json& node) {
    if (node.is_object()) {
      const std::string kind = text_or(node, "class");
      if (kind == "COLUMN_REF" || kind == "SUBQUERY" || kind == "STAR" || kind == "PARAMETER" || kind == "WINDOW")
        return true;
    }
    if (!node.is_structured()) return false;
    return std::any_of(node.begin(), node.end(), [](const Json& child) { return has_column(child); });
  }

  /// The expression as SQL when it is a constant that compares in the column's own order; else "".
  Result<std::string> constant_sql(const BoundColumn& column, const Json& node) {
    if (has_column(node)) return std::string();
    Json statement = statement_;
    Json& select = statement["statements"][0]["node"];
    select["select_list"] = Json::array({node});
    select["where_clause"] = nullptr;
    select["from_table"] = {{"type", "EMPTY"}, {"alias", ""}, {"sample", nullptr}, {"query_location", 0}};
    const auto text =
        connection_.value(fmt::format("select json_deserialize_sql({})", duck::literal(statement.dump())));
    if (!text || !*text || !(*text)->starts_with("SELECT ")) return std::string();
    const std::string sql = (*text)->substr(7);
    const auto type = connection_.value(fmt::format("select typeof({})", sql));
    if (!type || !*type) return std::string();
    const bool is_text = **type == "VARCHAR";
    if (column.type == "VARCHAR") return is_text ? fmt::format("({})", sql) : std::string();
    if (!is_text) return fmt::format("({})", sql);
    // A bare text literal takes the column's type; text that an expression made does not.
    if (text_or(node, "class") != "CONSTANT") return std::string();
    return fmt::format("cast({} as {})", sql, column.type);
  }

  duck::Connection& connection_;
  const SnapshotState& state_;
  Json statement_;
};

/// What the files' statistics say of `columns`, as one JSON array for the engine.
std::string bounds_json(const std::vector<DataFile>& files, const std::vector<BoundColumn>& columns) {
  Json all = Json::array();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const DataFile& file = files[i];
    const Json stats = parse_stats(file.stats_json);
    Json row{{"i", i}};
    const Json rows = stats.is_object() ? stats.value("numRecords", Json()) : Json();
    row["rows"] = rows;
    for (const BoundColumn& column : columns) {
      const std::string n = std::to_string(column.number);
      if (column.partition) {
        const auto it = file.partition_values.find(column.field.name);
        const bool null = it == file.partition_values.end() || !it->second;
        row["low" + n] = row["high" + n] = null ? Json() : Json(*it->second);
        // Known without statistics: all rows are null, or none is.
        if (!row["rows"].is_string()) row["rows"] = "1";
        row["nulls" + n] = null ? row["rows"] : Json("0");
        continue;
      }
      if (!stats.is_object()) continue;
      const std::string name = physical_name(column.field);
      const auto at = [&](const char* group) {
        const auto it = stats.find(group);
        if (it == stats.end() || !it->is_object()) return Json();
        const auto found = it->find(name);
        return found != it->end() && found->is_string() ? *found : Json();
      };
      Json low = at("minValues"), high = at("maxValues");
      if (column.type.starts_with("DECIMAL")) {
        int width = 0, scale = 0;
        std::sscanf(column.type.c_str(), "DECIMAL(%d,%d)", &width, &scale);
        const auto wide_low = low.is_string() ? widen_decimal(low.get<std::string>(), scale) : std::nullopt;
        const auto wide_high = high.is_string() ? widen_decimal(high.get<std::string>(), scale) : std::nullopt;
        low = wide_low ? Json(wide_low->low) : Json();
        high = wide_high ? Json(wide_high->high) : Json();
      }
      row["low" + n] = std::move(low);
      row["high" + n] = std::move(high);
      // Null counts beside a deletion vector may be of the whole file; all or none still hold.
      row["nulls" + n] = at("nullCount");
    }
    // A partition column made "rows" up: the other columns' null counts mean nothing beside it.
    if (!rows.is_string()) {
      for (const BoundColumn& column : columns) {
        if (!column.partition) row["nulls" + std::to_string(column.number)] = Json();
      }
    }
    all.push_back(std::move(row));
  }
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::optional<DecimalBounds> widen_decimal(std::string_view bound, int scale) {
  const auto parsed = parse_decimal(bound);
  if (!parsed) return std::nullopt;
  Int128 value = parsed->value;
  // To the column's scale; digits beyond it are an artefact of the double and are rounded outwards by the unit below.
  for (int s = parsed->scale; s < scale; ++s) {
    if (value > static_cast<Int128>(1) << 123 || value < -(static_cast<Int128>(1) << 123)) return std::nullopt;
    value *= 10;
  }
  bool cut = false;
  for (int s = parsed->scale; s > scale; --s) {
    cut = cut || value % 10 != 0;
    value /= 10;
  }
  int digits = 0;
  for (Int128 rest = value; rest != 0; rest /= 10) ++digits;
  Int128 unit = cut ? 1 : 0;
  if (digits >= kDoubleDigits) {
    unit = 1;
    for (int i = kDoubleDigits; i < digits; ++i) unit *= 10;
  }
  return DecimalBounds{Decimal{value - unit, scale}.text(), Decimal{value + unit, scale}.text()};
}

Result<std::vector<DataFile>> skip_files(duck::Connection& connection, const SnapshotState& state,
                                         std::vector<DataFile> files, std::string_view predicate) {
  const std::string query = fmt::format("select 1 from t where {}", predicate);
  const auto text = TRY(connection.value(fmt::format("select json_serialize_sql({})", duck::literal(query))));
  Json statement = TRY(parse_json(text.value_or("null")));
  if (!statement.is_object() || statement.value("error", true)) {
    return fail(ErrorKind::invalid_argument, "\"{}\" is not a condition: {}", predicate,
                text_or(statement, "error_message"));
  }
  if (!statement.contains("statements") || statement["statements"].size() != 1) return files;
  const Json where = statement["statements"][0]["node"].value("where_clause", Json());
  Condition condition(connection, state, std::move(statement));
  const std::string sql = TRY(condition.of(where));
  if (sql.empty() || condition.columns.empty()) return files;

  Json shape{{"i", "BIGINT"}, {"rows", "VARCHAR"}};
  for (const BoundColumn& column : condition.columns) {
    for (const char* part : {"low", "high", "nulls"}) shape[part + std::to_string(column.number)] = "VARCHAR";
  }
  const std::string bounds = bounds_json(files, condition.columns);
  auto rows = connection.query(fmt::format(
      "select i from (select unnest(from_json({}, {}), recursive := true)) where coalesce({}, true) order by i",
      duck::literal(bounds), duck::literal(Json::array({shape}).dump()), sql));
  if (!rows) return files;  // a comparison that the engine does not do: it will say so when it reads
  std::vector<DataFile> kept;
  while (true) {
    const auto more = rows->next();
    if (!more) return files;
    if (!*more) break;
    kept.push_back(files[static_cast<std::size_t>(rows->integer(0))]);
  }
  return kept;
}

}  // namespace centavo::delta
