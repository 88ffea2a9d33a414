#include "lake/pack/parse_tree.h"

#include <charconv>
#include <memory>
#include <mutex>
#include <set>

#include "base/json.h"
#include "io/duck/duck.h"
#include "lake/pack/sql_tokens.h"

namespace centavo::pack {
namespace {

// Walks the tree's JSON without building it: it is some 20 times as long as the SQL.
class TreeReader : public nlohmann::json_sax<Json> {
 public:
  ParseTree take() {
    std::erase_if(tree_.tables,
                  [&](const ParseTree::Table& t) { return t.schema.empty() && ctes_.contains(lower(t.table)); });
    return std::move(tree_);
  }

  bool null() override { return true; }
  bool boolean(bool value) override {
    if (key_ == "is_operator") top().is_operator = value;
    if (key_ == "error" && open_.size() == 1 && value) tree_.error = "not a select";
    return true;
  }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t value) override {
    if (key_ == "query_location" && value < ParseTree::kNowhere) top().offset = value;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }

  bool string(string_t& value) override {
    Frame& frame = top();
    if (frame.is_array) {
      if (frame.name == "column_names") frame.text = value;
    } else if (key_ == "type") {
      frame.type = value;
    } else if (key_ == "function_name") {
      frame.function = value;
    } else if (key_ == "table_name") {
      frame.table = value;
    } else if (key_ == "schema_name") {
      frame.schema = value;
    } else if (key_ == "catalog_name") {
      frame.catalog = value;
    } else if (key_ == "null_order") {
      frame.order_without_nulls = value == "ORDER_DEFAULT" || value == "INVALID";
    } else if (key_ == "key") {
      frame.text = value;
    } else if (open_.size() == 1 && key_ == "error_message") {
      tree_.error = value;
    } else if (open_.size() == 1 && key_ == "position") {
      std::from_chars(value.data(), value.data() + value.size(), tree_.error_offset);
    }
    return true;
  }

  bool key(string_t& name) override {
    key_ = name;
    return true;
  }
  bool start_object(std::size_t) override {
    if (!open_.empty() && top().is_array) {
      ++top().children;
      if (top().name == "statements") ++tree_.statements;
    }
    open_.push_back({.name = key_});
    return true;
  }
  bool start_array(std::size_t) override {
    open_.push_back({.name = key_, .is_array = true});
    return true;
  }
  bool end_array() override {
    const Frame frame = std::move(open_.back());
    open_.pop_back();
    if (frame.name == "column_names" && !frame.text.empty()) tree_.columns.push_back(frame.text);
    if (frame.name == "children" && !open_.empty()) top().children = frame.children;
    return true;
  }
  bool end_object() override {
    const Frame frame = std::move(open_.back());
    open_.pop_back();
    if (!frame.table.empty() && frame.type == "BASE_TABLE") {
      tree_.tables.push_back({frame.catalog, frame.schema, frame.table, frame.offset});
    }
    if (!frame.function.empty()) {
      tree_.calls.push_back(
          {frame.function, frame.offset, frame.children, frame.is_operator, frame.name == "function"});
    }
    if (frame.order_without_nulls) tree_.orders_without_nulls.push_back(frame.expression_offset);
    if (frame.name == "expression" && !open_.empty()) top().expression_offset = frame.offset;
    if (!frame.text.empty() && open_.size() >= 2 && top().name == "map" && open_[open_.size() - 2].name == "cte_map") {
      ctes_.insert(lower(frame.text));
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  struct Frame {
    std::string name;   // the key it stands under
    bool is_array = false;
    int children = 0;
    std::string type, function, catalog, schema, table, text;
    std::size_t offset = ParseTree::kNowhere;
    std::size_t expression_offset = ParseTree::kNowhere;
    bool is_operator = false;
    bool order_without_nulls = false;
  };

  Frame& top() { return open_.back(); }

  std::string key_;
  std::vector<Frame> open_;
  std::set<std::string> ctes_;
  ParseTree tree_;
};

// One engine for the life of the process: opening one costs more than parsing a hundred models.
struct Parser {
  std::mutex mutex;
  std::optional<duck::Database> database;
  std::optional<duck::Connection> connection;

  Status open() {
    if (connection) return {};
    duck::Options options;
    options.threads = 1;
    options.memory_limit_bytes = std::int64_t{1} << 30;
    options.locked_down = true;
    database = TRY(duck::Database::open(options));
    connection = TRY(database->connect());
    return {};
  }
};

// Never destroyed: statics go after the thread's own variables, in which DuckDB keeps state that closing a database
// still needs.
Parser& parser() {
  static Parser* const shared = new Parser;
  return *shared;
}

constexpr std::size_t kTextsAtOnce = 1000;

}  // namespace

Result<std::vector<ParseTree>> parse_sql(const std::vector<std::string>& texts) {
  std::vector<ParseTree> out(texts.size());
  Parser& shared = parser();
  const std::lock_guard lock(shared.mutex);
  TRY(shared.open());
  for (std::size_t first = 0; first < texts.size(); first += kTextsAtOnce) {
    std::string values;
    for (std::size_t i = first; i < std::min(texts.size(), first + kTextsAtOnce); ++i) {
      values += fmt::format("{}({}, {})", values.empty() ? "" : ", ", i, duck::literal(texts[i]));
    }
    auto rows =
        TRY(shared.connection->query("select i, cast(json_serialize_sql(s, skip_null := true, skip_empty := true, "
                                     "skip_default := true) as varchar) from (values " +
                                     values + ") t(i, s)"));
    while (TRY(rows.next())) {
      TreeReader reader;
      Json::sax_parse(rows.text(1), &reader);
      out[static_cast<std::size_t>(rows.integer(0))] = reader.take();
    }
  }
  return out;
}

Result<std::vector<std::string>> regex_faults(const std::vector<std::string>& patterns) {
  std::vector<std::string> out(patterns.size());
  if (patterns.empty()) return out;
  Parser& shared = parser();
  const std::lock_guard lock(shared.mutex);
  TRY(shared.open());
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto matched =
        shared.connection->run(fmt::format("select regexp_matches('', {})", duck::literal(patterns[i])));
    if (!matched) out[i] = matched.error().message;
  }
  return out;
}

}  // namespace centavo::pack
