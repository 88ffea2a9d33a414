#include "lake/pack/lint.h"

#include <algorithm>
#include <array>

#include "lake/pack/sql_tokens.h"

namespace centavo::pack {
namespace {

constexpr std::string_view kExpressionFront = "select ";
constexpr std::string_view kExpressionBack = "\nfrom this";

struct Instead {
  std::string_view word;
  std::string_view message;
  std::string_view hint;
};

// Words that, outside quotes, are never portable; keyed by a following word when `next` is set.
constexpr std::array<Instead, 12> kWords = {{
    {"qualify", "qualify is not everywhere", "number the rows in a step of its own, then: where position = 1"},
    {"current_date", "current_date makes a replay differ", "read $period_first or $period_end"},
    {"current_timestamp", "current_timestamp makes a replay differ", "read $period_first or $period_end"},
    {"localtimestamp", "localtimestamp makes a replay differ", "read $period_first or $period_end"},
    {"asof", "asof joins are only DuckDB's", "join on a range and keep the newest row with row_number()"},
    {"positional", "positional joins are only DuckDB's", "join on a key"},
    {"pivot", "pivot differs between engines", "write sum(x) filter (where ...) for each column"},
    {"unpivot", "unpivot differs between engines", "write one select for each column, with union all"},
    {"semi", "semi joins are written differently by each engine", "write where exists (select 1 from ...)"},
    {"anti", "anti joins are written differently by each engine", "write where not exists (select 1 from ...)"},
    {"tablesample", "samples make a replay differ", "take a range of keys"},
    {"similar", "similar to is only DuckDB's", "write cv_regexp_matches(x, pattern)"},
}};

constexpr std::array<Instead, 11> kSymbols = {{
    {"::", ":: is only DuckDB's", "write cast(x as type)"},
    {"->", "-> is only DuckDB's", "write cv_json_text(x, path); lists and their functions have no portable spelling"},
    {"->>", "->> is only DuckDB's", "write cv_json_text(x, path)"},
    {":=", ":= is only DuckDB's", "give arguments by their order"},
    {"=>", "=> is read differently by each engine", "give arguments by their order"},
    {":", "a colon is only DuckDB's", "write expression as name; substring(x, from, length) for a part"},
    {"//", "// is a comment or an error elsewhere", "write floor(a / b)"},
    {"**", "** is only DuckDB's", "write power(a, b)"},
    {"^", "^ is a power here and bits elsewhere", "write power(a, b)"},
    {"~", "~ is only DuckDB's", "write cv_regexp_matches(x, pattern)"},
    {"?", "positional parameters are not filled in", "write $name"},
}};

constexpr std::array<std::string_view, 14> kOperators = {"+",   "-",   "*",    "/", "%", "||", "~~",
                                                         "!~~", "~~*", "!~~*", "=", "<", ">",  "<>"};

// Casts that mean the same everywhere. On Spark VARCHAR becomes STRING and TIMESTAMPTZ its TIMESTAMP.
constexpr std::array<std::string_view, 14> kCastTypes = {"varchar", "timestamptz", "string",  "bigint", "int",
                                                         "integer", "smallint",    "tinyint", "double", "float",
                                                         "boolean", "date",        "decimal", "binary"};

// Functions that reach files, settings or the network; not even a model of DuckDB's own may call them.
constexpr std::array<std::string_view, 20> kReaching = {
    "read_csv",       "read_csv_auto",     "read_parquet", "parquet_scan",     "read_json",
    "read_json_auto", "read_json_objects", "read_ndjson",  "read_ndjson_auto", "read_ndjson_objects",
    "read_text",      "read_blob",         "glob",         "getenv",           "query",
    "query_table",    "sniff_csv",         "getvariable",  "current_setting",  "delta_scan"};
constexpr std::array<std::string_view, 7> kReachingStarts = {"duckdb_", "pragma_",   "parquet_", "iceberg_",
                                                             "sqlite_", "postgres_", "centavo_"};

bool reaches_out(std::string_view name) {
  return std::find(kReaching.begin(), kReaching.end(), name) != kReaching.end() ||
         std::any_of(kReachingStarts.begin(), kReachingStarts.end(),
                     [&](std::string_view start) { return name.starts_with(start); });
}

class Linter {
 public:
  Linter(const SqlPiece& piece, const ParseTree& tree, const FunctionsFile& functions, std::vector<Mistake>& mistakes)
      : piece_(piece), tree_(tree), functions_(functions), mistakes_(mistakes), tokens_(tokens_of(piece.text)) {}

  void run() {
    if (!begins_well()) return;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].kind == TokenKind::unfinished) return add(i, "a quote or comment does not end");
    }
    if (piece_.portable) {
      for (std::size_t i = 0; i < tokens_.size(); ++i) token(i);
    }
    if (!tree_.error.empty()) {
      // What the scan above names better need not be said twice.
      if (!found_) add_at(tree_.error_offset, fmt::format("DuckDB: {}", tree_.error));
      return;
    }
    for (const ParseTree::Call& call : tree_.calls) check_call(call);
    if (!piece_.portable) return;
    for (const std::size_t offset : tree_.orders_without_nulls) {
      add_at(offset, "order by without nulls first or nulls last: engines put nulls at different ends",
             "write order by x nulls last");
    }
  }

 private:
  void add(std::size_t token, std::string message, std::string hint = {}) {
    found_ = true;
    mistakes_.push_back(piece_.mistake(tokens_[token].offset, std::move(message), std::move(hint)));
  }
  // `offset` is in the statement.
  void add_at(std::size_t offset, std::string message, std::string hint = {}) {
    const std::size_t shift = piece_.shift();
    const std::size_t in_text =
        offset == ParseTree::kNowhere || offset < shift ? 0 : std::min(offset - shift, piece_.text.size());
    found_ = true;
    mistakes_.push_back(piece_.mistake(in_text, std::move(message), std::move(hint)));
  }

  bool is_word(std::size_t i, std::string_view word) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::word && same_word(tokens_[i].text, word);
  }
  bool is_symbol(std::size_t i, std::string_view symbol) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::symbol && tokens_[i].text == symbol;
  }

  bool begins_well() {
    if (tokens_.empty()) {
      mistakes_.push_back(piece_.mistake(
          0, piece_.kind == SqlPiece::Kind::expression ? "an expression is missing" : "no select in here"));
      return false;
    }
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
      if (is_symbol(i, ";"))
        return add(i + 1, "a second statement", "one select, with its steps in a with clause"), false;
    }
    if (piece_.kind == SqlPiece::Kind::expression) {
      if (is_symbol(tokens_.size() - 1, ";")) return add(tokens_.size() - 1, "an expression has no ;"), false;
      const Token& last = tokens_.back();
      if (piece_.text.find_first_not_of(" \t\r\n", last.offset + last.text.size()) != std::string::npos) {
        return add(tokens_.size() - 1, "a comment behind an expression would swallow what follows",
                   "make it a YAML comment"),
               false;
      }
      return true;
    }
    if (is_word(0, "select") || is_word(0, "with") || is_symbol(0, "(")) return true;
    add(0, fmt::format("not a select: it begins with \"{}\"", tokens_[0].text), "begin with select or with");
    return false;
  }

  void token(std::size_t i) {
    const Token& token = tokens_[i];
    if (token.kind == TokenKind::text && token.prefix != 0) {
      add(i, "only plain '...' texts are read the same way everywhere", "write '...'");
    } else if (token.kind == TokenKind::word) {
      word(i);
    } else if (token.kind == TokenKind::symbol) {
      symbol(i);
    }
  }

  void word(std::size_t i) {
    const bool member = (i > 0 && is_symbol(i - 1, ".")) || is_symbol(i + 1, ".");
    const bool named = i > 0 && is_word(i - 1, "as") && !is_symbol(i + 1, "(");
    if (!member && !named) {
      for (const Instead& rule : kWords) {
        if (!same_word(tokens_[i].text, rule.word)) continue;
        if ((rule.word == "semi" || rule.word == "anti" || rule.word == "asof" || rule.word == "positional") &&
            !is_word(i + 1, "join") && !is_word(i + 2, "join"))
          continue;
        if (rule.word == "similar" && !is_word(i + 1, "to")) continue;
        if ((rule.word == "pivot" || rule.word == "unpivot") && !is_symbol(i + 1, "(")) continue;
        add(i, std::string(rule.message), std::string(rule.hint));
      }
    }
    if (is_word(i, "at") && is_word(i + 1, "time") && is_word(i + 2, "zone")) {
      add(i, "at time zone is only DuckDB's", "write cv_local_time(x, zone)");
    }
    if (is_word(i, "columns") && is_symbol(i + 1, "(") && !(i > 0 && is_word(i - 1, "with")))
      add(i, "columns(...) is only DuckDB's", "name the columns");
    if (is_word(i, "from") && i > 0 && is_symbol(i - 1, "(") &&
        !(i > 1 && tokens_[i - 2].kind == TokenKind::word && is_trim(i - 2))) {
      add(i, "a select that begins with from is only DuckDB's", "write select ... from ...");
    }
    if ((is_word(i, "cast") || is_word(i, "try_cast")) && is_symbol(i + 1, "(")) cast(i);
  }

  bool is_trim(std::size_t i) const { return is_word(i, "trim"); }

  // The type of cast(x as type): the words between the last `as` at this depth and the bracket.
  void cast(std::size_t i) {
    const std::size_t close = closing(tokens_, i + 1);
    std::size_t as = 0;
    for (std::size_t j = i + 2; j < close; ++j) {
      if (is_symbol(j, "(") || is_symbol(j, "[") || is_symbol(j, "{")) j = closing(tokens_, j);
      if (is_word(j, "as")) as = j;
    }
    if (as == 0 || as + 1 >= close) return;
    const std::string type = lower(tokens_[as + 1].text);
    if ((type.starts_with("timestamp") && type != "timestamptz") || type == "datetime") {
      add(as + 1, fmt::format("cast to {} means another time in each engine", type), "write cv_timestamp(x)");
    } else if (type == "text") {
      add(as + 1, "type text is only DuckDB's", "write varchar");
    } else if (std::find(kCastTypes.begin(), kCastTypes.end(), type) == kCastTypes.end()) {
      const std::vector<std::string> known(kCastTypes.begin(), kCastTypes.end());
      add(as + 1, fmt::format("cast to {} is not the same everywhere", type), did_you_mean(type, known));
    } else if (is_symbol(as + 2, "[")) {
      add(as + 2, "a cast to a list is written differently by each engine", "give the model a .spark.sql of its own");
    } else if (type == "decimal" && !is_symbol(as + 2, "(")) {
      add(as + 1, "decimal without digits is (18,3) here and (10,0) elsewhere", "write decimal(38,21)");
    }
  }

  void symbol(std::size_t i) {
    const std::string_view text = tokens_[i].text;
    for (const Instead& rule : kSymbols) {
      if (text == rule.word) return add(i, std::string(rule.message), std::string(rule.hint));
    }
    if (text == "*" && i + 1 < tokens_.size()) {
      for (const std::string_view word : {"exclude", "replace", "rename"}) {
        if (is_word(i + 1, word)) return add(i + 1, fmt::format("* {} is only DuckDB's", word), "name the columns");
      }
      if (is_word(i + 1, "except") && is_symbol(i + 2, "(") && !is_word(i + 3, "select"))
        return add(i + 1, "* except is not everywhere", "name the columns");
    }
    if (text == "{") return add(i, "{...} is only DuckDB's", "write cv_map(key, value, ...)");
    if (text == "[") return bracket(i);
  }

  void bracket(std::size_t i) {
    const bool subscript =
        i > 0 && (tokens_[i - 1].kind == TokenKind::word || tokens_[i - 1].kind == TokenKind::quoted_name ||
                  is_symbol(i - 1, ")") || is_symbol(i - 1, "]"));
    if (!subscript) return add(i, "[...] lists are only DuckDB's", "write in (...) for a choice of values");
    if (i + 1 < tokens_.size() && tokens_[i + 1].kind == TokenKind::number) {
      add(i + 1, "a list counts from 1 here and from 0 elsewhere",
          "write cv_split_part(text, separator, n), or give the model a .spark.sql of its own");
    }
  }

  void check_call(const ParseTree::Call& call) {
    if (call.is_operator) {
      const bool known = std::find(kOperators.begin(), kOperators.end(), call.name) != kOperators.end();
      // The symbols above have said what to write already.
      if (!known && piece_.portable && !found_)
        add_at(call.offset, fmt::format("operator {} is only DuckDB's", call.name));
      return;
    }
    const std::string written = word_at(call.offset);
    const std::string name = lower(call.name);
    if (reaches_out(name) || (!written.empty() && reaches_out(written))) {
      return add_at(call.offset, fmt::format("{} reaches outside the lake", name),
                    "read bronze, silver or gold tables");
    }
    // Portable functions are known by name; what the parser made of other syntax (extract, like, interval) is not a
    // call.
    if (written.starts_with("cv_") || name.starts_with("cv_")) return check_portable(call, name);
    if (!piece_.portable || written.empty()) return;
    if (is_syntax(call.offset, written, name)) return;
    check_common(call, written);
  }

  // What is written is SQL of its own, which the parser turned into a call: extract(year from x), x at time zone y.
  bool is_syntax(std::size_t offset, const std::string& written, const std::string& name) const {
    static constexpr std::array<std::string_view, 8> kWritten = {"extract", "interval", "position", "at",
                                                                 "case",    "not",      "trim",     "substring"};
    if (written != name) return std::find(kWritten.begin(), kWritten.end(), written) != kWritten.end();
    if (written != "trim") return false;
    const std::size_t i = token_at(offset);
    return is_word(i + 2, "both") || is_word(i + 2, "leading") || is_word(i + 2, "trailing");
  }

  void check_portable(const ParseTree::Call& call, const std::string& name) {
    const auto function = std::find_if(functions_.functions.begin(), functions_.functions.end(),
                                       [&](const Function& f) { return f.name == name; });
    if (function == functions_.functions.end()) {
      return add_at(call.offset, fmt::format("unknown function \"{}\"", name), did_you_mean(name, known_names()));
    }
    check_arguments(call, name, function->arity_min, function->arity_max);
  }

  void check_common(const ParseTree::Call& call, const std::string& name) {
    if (const auto common = functions_.common.find(name); common != functions_.common.end()) {
      return check_arguments(call, name, common->second.first, common->second.second);
    }
    const auto instead = functions_.instead.find(name);
    std::string hint = instead != functions_.instead.end() ? fmt::format("write {}", instead->second)
                                                           : did_you_mean(name, known_names());
    if (hint.empty()) hint = "the list is packs/core/functions.yaml; <model>.spark.sql is the exception";
    add_at(call.offset, fmt::format("function \"{}\" is not portable", name), std::move(hint));
  }

  void check_arguments(const ParseTree::Call& call, const std::string& name, int least, int most) {
    if (call.arguments >= least && (most < 0 || call.arguments <= most)) return;
    const std::string wanted = most < 0        ? fmt::format("{} or more", least)
                               : least == most ? std::to_string(least)
                                               : fmt::format("{} to {}", least, most);
    const bool one = wanted == "1";
    add_at(call.offset,
           fmt::format("{} takes {} argument{}, and has {}", name, wanted, one ? "" : "s", call.arguments));
  }

  std::vector<std::string> known_names() const {
    std::vector<std::string> out;
    for (const Function& function : functions_.functions) out.push_back(function.name);
    for (const auto& [name, arity] : functions_.common) out.push_back(name);
    return out;
  }

  // Index of the token that begins at a byte of the statement; tokens_.size() when none does.
  std::size_t token_at(std::size_t offset) const {
    const std::size_t shift = piece_.shift();
    if (offset == ParseTree::kNowhere || offset < shift) return tokens_.size();
    const auto at = std::lower_bound(tokens_.begin(), tokens_.end(), offset - shift,
                                     [](const Token& t, std::size_t o) { return t.offset < o; });
    return at == tokens_.end() || at->offset != offset - shift ? tokens_.size()
                                                               : static_cast<std::size_t>(at - tokens_.begin());
  }

  std::string word_at(std::size_t offset) const {
    const std::size_t i = token_at(offset);
    if (i == tokens_.size()) return {};
    const Token& token = tokens_[i];
    if (token.kind == TokenKind::quoted_name) return lower(token.text.substr(1, token.text.size() - 2));
    return token.kind == TokenKind::word ? lower(token.text) : std::string();
  }

  const SqlPiece& piece_;
  const ParseTree& tree_;
  const FunctionsFile& functions_;
  std::vector<Mistake>& mistakes_;
  std::vector<Token> tokens_;
  bool found_ = false;
};

}  // namespace

std::string SqlPiece::statement() const {
  return kind == Kind::expression ? fmt::format("{}{}{}", kExpressionFront, text, kExpressionBack) : text;
}

std::size_t SqlPiece::shift() const { return kind == Kind::expression ? kExpressionFront.size() : 0; }

Mistake SqlPiece::mistake(std::size_t offset, std::string message, std::string hint) const {
  if (kind != Kind::model) return {place, fmt::format("{}: {}", what, message), std::move(hint)};
  const Position position = position_of(text, offset);
  return {{place.file, position.line, position.column}, std::move(message), std::move(hint)};
}

void lint_sql(const SqlPiece& piece, const ParseTree& tree, const FunctionsFile& functions,
              std::vector<Mistake>& mistakes) {
  Linter(piece, tree, functions, mistakes).run();
}

}  // namespace centavo::pack
