#include "lake/pack/expand.h"

#include "lake/pack/reading.h"
#include "lake/pack/sql_tokens.h"

namespace centavo::pack {
namespace {

constexpr int kCallDepthMax = 60;
constexpr std::size_t kLengthMax = std::size_t{8} << 20;

// 'it''s \d' as Spark reads the same text: a backslash escapes there.
std::string spark_text(std::string_view literal) {
  std::string out = "'";
  const std::string_view inside = literal.substr(1, literal.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' || inside[i] == '\'') out += '\\';
    out += inside[i];
    if (inside[i] == '\'') ++i;
  }
  return out + "'";
}

std::string spark_name(std::string_view quoted) {
  std::string out = "`";
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '`') out += '`';
    out += inside[i];
    if (inside[i] == '"') ++i;
  }
  return out + "`";
}

class Expansion {
 public:
  Expansion(std::string_view sql, std::string_view engine, const std::map<std::string, std::string>* values,
            const FunctionMap& functions)
      : sql_(sql),
        engine_(engine),
        spark_(engine == "spark"),
        values_(values),
        functions_(functions),
        tokens_(tokens_of(sql)) {}

  Result<std::string> whole() {
    std::string out;
    std::size_t at = 0;
    TRY(range(0, tokens_.size(), at, out, 0));
    out += sql_.substr(at);
    return out;
  }

 private:
  std::string where(const Token& token) const {
    const Position position = position_of(sql_, token.offset);
    return fmt::format("line {}, column {}", position.line, position.column);
  }

  // Appends tokens [first, last) with the text between them; `at` is the byte up to which the source is out.
  Status range(std::size_t first, std::size_t last, std::size_t& at, std::string& out, int depth) {
    for (std::size_t i = first; i < last; ++i) {
      const Token& token = tokens_[i];
      out += sql_.substr(at, token.offset - at);
      at = token.offset + token.text.size();
      const bool opens = i + 1 < last && tokens_[i + 1].text == "(";
      const bool qualified = i > 0 && tokens_[i - 1].text == ".";
      if (token.kind == TokenKind::word && opens && !qualified && is_portable(token.text)) {
        const std::size_t close = closing(tokens_, i + 1);
        if (close >= last)
          return fail(ErrorKind::invalid_argument, "{}: the bracket behind {} does not close", where(token),
                      token.text);
        out += TRY(call(i, close, depth));
        at = tokens_[close].offset + 1;
        i = close;
      } else {
        out += TRY(plain(token, i));
      }
      if (out.size() > kLengthMax)
        return fail(ErrorKind::invalid_argument, "{}: the SQL grows beyond 8 MB when written out", where(token));
    }
    return {};
  }

  bool is_portable(std::string_view word) const {
    const std::string name = lower(word);
    return name.starts_with("cv_") || functions_.contains(name);
  }

  Result<std::string> plain(const Token& token, std::size_t index) const {
    if (token.kind == TokenKind::parameter && values_) {
      const auto value = values_->find(std::string(token.text.substr(1)));
      if (value != values_->end()) return value->second;
      std::vector<std::string> known;
      for (const auto& [name, unused] : *values_) known.push_back("$" + name);
      return fail_hint(did_you_mean(token.text, known), ErrorKind::invalid_argument, "{}: parameter {} has no value",
                       where(token), token.text);
    }
    if (!spark_) return std::string(token.text);
    if (token.kind == TokenKind::text && token.prefix == 0) return spark_text(token.text);
    if (token.kind == TokenKind::quoted_name) return spark_name(token.text);
    if (index > 0 && same_word(tokens_[index - 1].text, "as")) {
      if (same_word(token.text, "varchar")) return std::string("string");
      if (same_word(token.text, "timestamptz")) return std::string("timestamp");
    }
    return std::string(token.text);
  }

  Result<std::string> call(std::size_t name, std::size_t close, int depth) {
    const Token& token = tokens_[name];
    const auto found = functions_.find(lower(token.text));
    if (found == functions_.end()) {
      std::vector<std::string> known;
      for (const auto& [key, unused] : functions_) known.push_back(key);
      return fail_hint(did_you_mean(token.text, known), ErrorKind::invalid_argument, "{}: unknown function {}",
                       where(token), token.text);
    }
    const Function& function = found->second;
    if (depth >= kCallDepthMax)
      return fail(ErrorKind::invalid_argument, "{}: more than {} calls inside each other", where(token), kCallDepthMax);
    const std::vector<std::string> arguments = TRY(arguments_of(name + 1, close, depth));
    const int count = static_cast<int>(arguments.size());
    if (count < function.arity_min || (function.arity_max >= 0 && count > function.arity_max)) {
      return fail(ErrorKind::invalid_argument, "{}: {} takes {}, and has {}", where(token), function.name,
                  arity_text(function), count);
    }
    const auto body = function.body.find(std::string(engine_));
    if (body == function.body.end()) {
      return fail_hint("run it on another engine, or give the model a .spark.sql of its own", ErrorKind::unsupported,
                       "{}: {} is not available on {}", where(token), function.name, engine_);
    }
    return fill(body->second, arguments);
  }

  Result<std::vector<std::string>> arguments_of(std::size_t open, std::size_t close, int depth) {
    std::vector<std::string> out;
    std::size_t first = open + 1;
    if (first == close) return out;
    for (std::size_t i = first; i <= close; ++i) {
      const std::string_view text = tokens_[i].text;
      if (i < close && (text == "(" || text == "[" || text == "{")) {
        i = closing(tokens_, i);
        if (i >= close) return fail(ErrorKind::invalid_argument, "{}: brackets do not match", where(tokens_[first]));
        continue;
      }
      if (i < close && text != ",") continue;
      if (i == first) return fail(ErrorKind::invalid_argument, "{}: an argument is missing", where(tokens_[i]));
      std::size_t at = tokens_[first].offset;
      TRY(range(first, i, at, out.emplace_back(), depth + 1));
      first = i + 1;
    }
    return out;
  }

  static std::string fill(std::string_view body, const std::vector<std::string>& arguments) {
    std::string out;
    for (std::size_t i = 0; i < body.size(); ++i) {
      const std::size_t end = body[i] == '{' ? body.find('}', i) : std::string_view::npos;
      if (end == std::string_view::npos) {
        out += body[i];
        continue;
      }
      const std::string_view inside = body.substr(i + 1, end - i - 1);
      if (inside == "*") {
        out += fmt::format("{}", fmt::join(arguments, ", "));
      } else {
        std::size_t index = 0;
        for (const char c : inside) index = index * 10 + static_cast<std::size_t>(c - '0');
        if (index < arguments.size()) out += arguments[index];
      }
      i = end;
    }
    return out;
  }

  static std::string arity_text(const Function& function) {
    const auto plural = [](int n) { return n == 1 ? "1 argument" : fmt::format("{} arguments", n); };
    if (function.arity_max < 0) return fmt::format("{} or more", plural(function.arity_min));
    if (function.arity_max == function.arity_min) return plural(function.arity_min);
    return fmt::format("{} to {} arguments", function.arity_min, function.arity_max);
  }

  std::string_view sql_;
  std::string_view engine_;
  bool spark_;
  const std::map<std::string, std::string>* values_;
  const FunctionMap& functions_;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::string> expand_sql(std::string_view sql, std::string_view engine,
                               const std::map<std::string, std::string>* values, const FunctionMap& functions) {
  return Expansion(sql, engine, values, functions).whole();
}

}  // namespace centavo::pack
