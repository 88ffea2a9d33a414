#include "lake/pack/types.h"

#include <array>
#include <charconv>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/period.h"
#include "lake/pack/reading.h"
#include "lake/pack/sql_tokens.h"

namespace centavo::pack {
namespace {

constexpr std::string_view kTimestamp = "TIMESTAMP WITH TIME ZONE";
constexpr int kTypeDepthMax = 16;

struct PlainType {
  std::string_view written;
  std::string_view type;
};
constexpr std::array<PlainType, 22> kPlainTypes = {{
    {"varchar", "VARCHAR"},    {"string", "VARCHAR"},       {"text", "VARCHAR"},
    {"boolean", "BOOLEAN"},    {"bool", "BOOLEAN"},         {"tinyint", "TINYINT"},
    {"smallint", "SMALLINT"},  {"integer", "INTEGER"},      {"int", "INTEGER"},
    {"bigint", "BIGINT"},      {"long", "BIGINT"},          {"float", "FLOAT"},
    {"real", "FLOAT"},         {"double", "DOUBLE"},        {"date", "DATE"},
    {"timestamp", kTimestamp}, {"timestamptz", kTimestamp}, {"timestamp_ntz", "TIMESTAMP"},
    {"datetime", "TIMESTAMP"}, {"binary", "BLOB"},          {"blob", "BLOB"},
    {"bytea", "BLOB"},
}};

std::string hint_for(std::string_view word) {
  if (word == "numeric" || word == "decimal") return "write decimal(38,21)";
  if (word == "money" || word == "currency" || word == "number") return "write decimal(38,21)";
  if (word == "json") return "write varchar for JSON text, or map(varchar, varchar)";
  if (word == "hugeint" || word == "uhugeint" || word == "ubigint")
    return "Delta has no such integer: write decimal(38,0)";
  if (word == "uuid") return "write varchar";
  if (word == "time") return "Delta has no time of day: write varchar";
  if (word == "variant" || word == "any") return "write varchar for JSON text";
  std::vector<std::string> known;
  for (const PlainType& plain : kPlainTypes) known.emplace_back(plain.written);
  for (const char* nested : {"decimal(38,21)", "map(varchar, varchar)", "list(varchar)", "struct(a varchar)"})
    known.emplace_back(nested);
  return did_you_mean(word, known);
}

class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text), tokens_(tokens_of(text)) {}

  Result<std::string> whole() {
    if (tokens_.empty())
      return fail_hint("write varchar, decimal(38,21), date, ...", ErrorKind::invalid_argument, "a type is missing");
    std::string out = TRY(type(0));
    if (at_ != tokens_.size()) return unknown(text_);
    return out;
  }

 private:
  bool eat(std::string_view word) {
    if (at_ >= tokens_.size() || !same_word(tokens_[at_].text, word)) return false;
    ++at_;
    return true;
  }
  tl::unexpected<Error> unknown(std::string_view word) const {
    return fail_hint(hint_for(lower(word)), ErrorKind::invalid_argument, "unknown type \"{}\"", text_);
  }

  Result<std::string> type(int depth) {
    if (at_ >= tokens_.size() || depth > kTypeDepthMax || tokens_[at_].kind != TokenKind::word) return unknown(text_);
    const std::string word = lower(tokens_[at_++].text);
    std::string out = TRY(named(word, depth));
    while (eat("[")) {
      if (!eat("]")) return unknown(text_);
      out += "[]";
    }
    return out;
  }

  Result<std::string> named(const std::string& word, int depth) {
    if (word == "decimal" || word == "numeric") return decimal();
    if (word == "map") {
      if (!eat("(")) return unknown(text_);
      const std::string key = TRY(type(depth + 1));
      if (!eat(",")) return unknown(text_);
      const std::string value = TRY(type(depth + 1));
      if (!eat(")")) return unknown(text_);
      return fmt::format("MAP({}, {})", key, value);
    }
    if (word == "list" || word == "array") {
      if (!eat("(")) return unknown(text_);
      const std::string item = TRY(type(depth + 1));
      if (!eat(")")) return unknown(text_);
      return item + "[]";
    }
    if (word == "struct" || word == "row") return structure(depth);
    for (const PlainType& plain : kPlainTypes) {
      if (plain.written != word) continue;
      if (word == "timestamp" && eat("with")) {
        if (!eat("time") || !eat("zone")) return unknown(text_);
      }
      return std::string(plain.type);
    }
    return unknown(word);
  }

  bool number(int& out) {
    if (at_ >= tokens_.size() || tokens_[at_].kind != TokenKind::number) return false;
    const std::string_view digits = tokens_[at_++].text;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return fault == std::errc() && end == digits.data() + digits.size();
  }

  Result<std::string> decimal() {
    int precision = 0;
    int scale = 0;
    if (!eat("(") || !number(precision)) return unknown("decimal");
    if (eat(",") && !number(scale)) return unknown("decimal");
    if (!eat(")")) return unknown("decimal");
    if (precision < 1 || precision > 38 || scale > precision) {
      return fail_hint("a decimal has 1 to 38 digits, and no more of them behind the point",
                       ErrorKind::invalid_argument, "impossible type \"{}\"", text_);
    }
    return fmt::format("DECIMAL({},{})", precision, scale);
  }

  Result<std::string> structure(int depth) {
    if (!eat("(")) return unknown(text_);
    std::string fields;
    do {
      if (at_ >= tokens_.size() ||
          (tokens_[at_].kind != TokenKind::word && tokens_[at_].kind != TokenKind::quoted_name))
        return unknown(text_);
      const std::string name(tokens_[at_++].text);
      eat(":");
      const std::string field = TRY(type(depth + 1));
      if (!fields.empty()) fields += ", ";
      fields += fmt::format("{} {}", name, field);
    } while (eat(","));
    if (!eat(")")) return unknown(text_);
    return fmt::format("STRUCT({})", fields);
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

bool is_whole_number(std::string_view type) {
  return type == "TINYINT" || type == "SMALLINT" || type == "INTEGER" || type == "BIGINT";
}

tl::unexpected<Error> not_a(std::string_view what, std::string_view text, std::string hint) {
  return fail_hint(std::move(hint), ErrorKind::invalid_argument, "\"{}\" is not a {}", text, what);
}

}  // namespace

Result<std::string> normalise_type(std::string_view text) { return TypeParser(text).whole(); }

Result<std::string> plain_value(std::string_view type, std::string_view text) {
  if (type == "VARCHAR") return std::string(text);
  if (type == "BOOLEAN") {
    if (text != "true" && text != "false") return not_a("boolean", text, "write true or false");
    return std::string(text);
  }
  if (type == "DATE") {
    if (text.size() != 10 || !parse_iso_time(text)) return not_a("date", text, "write 2026-09-30");
    return std::string(text);
  }
  if (type == kTimestamp || type == "TIMESTAMP") {
    const auto time = parse_iso_time(text);
    if (!time) return not_a("time", text, "write 2026-09-30T12:00:00Z");
    std::string iso = iso_time(*time);  // 2026-09-30T12:00:00.000Z
    iso.pop_back();
    iso[10] = ' ';
    return type == "TIMESTAMP" ? iso : iso + "+00";
  }
  const bool decimal = type.starts_with("DECIMAL(");
  if (decimal || is_whole_number(type) || type == "DOUBLE" || type == "FLOAT") {
    const auto number = parse_decimal(text);
    if (!number) return not_a("number", text, "write digits with a point, at most 38 of them");
    const std::string plain = number->shortest();
    if (is_whole_number(type) && plain.find('.') != std::string::npos)
      return not_a("whole number", text, "leave the fraction out");
    return plain;
  }
  return fail(ErrorKind::invalid_argument, "a value of type {} cannot be written here", type);
}

}  // namespace centavo::pack
