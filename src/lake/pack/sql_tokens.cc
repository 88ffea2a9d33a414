#include "lake/pack/sql_tokens.h"

#include <algorithm>
#include <array>

namespace centavo::pack {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_word(char c) { return is_word_start(c) || is_digit(c); }
char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::array<std::string_view, 13> kLongSymbols = {
    "->>", "::", "->", ":=", "=>", "<=", ">=", "<>", "!=", "==", "||", "//", "**"};

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  std::vector<Token> all() {
    while (skip_blanks()) next();
    return std::move(out_);
  }

 private:
  char at(std::size_t i) const { return i < sql_.size() ? sql_[i] : '\0'; }

  void emit(TokenKind kind, std::size_t end, char prefix = 0) {
    out_.push_back({kind, sql_.substr(at_, end - at_), at_, prefix});
    at_ = end;
  }

  // To the next token; false at the end. An open comment becomes an `unfinished` token.
  bool skip_blanks() {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        ++at_;
      } else if (c == '-' && at(at_ + 1) == '-') {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (c == '/' && at(at_ + 1) == '*') {
        const std::size_t end = comment_end();
        if (end == std::string_view::npos) {
          emit(TokenKind::unfinished, sql_.size());
          return false;
        }
        at_ = end;
      } else {
        return true;
      }
    }
    return false;
  }

  std::size_t comment_end() const {
    int depth = 0;
    for (std::size_t i = at_; i + 1 < sql_.size(); ++i) {
      if (sql_[i] == '/' && sql_[i + 1] == '*') {
        ++depth, ++i;
      } else if (sql_[i] == '*' && sql_[i + 1] == '/') {
        if (++i, --depth == 0) return i + 1;
      }
    }
    return std::string_view::npos;
  }

  void next() {
    const char c = sql_[at_];
    if (c == '\'') return quoted(at_, '\'', TokenKind::text, 0);
    if (c == '"') return quoted(at_, '"', TokenKind::quoted_name, 0);
    if (c == '$') return dollar();
    if (is_word_start(c)) {
      if (at(at_ + 1) == '\'' && std::string_view("exbrnEXBRN").find(c) != std::string_view::npos) {
        return quoted(at_ + 1, '\'', TokenKind::text, lower_char(c));
      }
      return emit(TokenKind::word, word_end(at_));
    }
    if (is_digit(c) || (c == '.' && is_digit(at(at_ + 1)))) return number();
    for (const std::string_view symbol : kLongSymbols) {
      if (sql_.substr(at_, symbol.size()) == symbol) return emit(TokenKind::symbol, at_ + symbol.size());
    }
    emit(TokenKind::symbol, at_ + 1);
  }

  std::size_t word_end(std::size_t i) const {
    while (i < sql_.size() && is_word(sql_[i])) ++i;
    return i;
  }

  void quoted(std::size_t open, char quote, TokenKind kind, char prefix) {
    for (std::size_t i = open + 1; i < sql_.size(); ++i) {
      if (prefix == 'e' && sql_[i] == '\\') {
        ++i;
      } else if (sql_[i] == quote) {
        if (at(i + 1) != quote) return emit(kind, i + 1, prefix);
        ++i;
      }
    }
    emit(TokenKind::unfinished, sql_.size());
  }

  // $name, or $$text$$ and $tag$text$tag$.
  void dollar() {
    const std::size_t end = word_end(at_ + 1);
    if (at(end) != '$') return emit(end == at_ + 1 ? TokenKind::symbol : TokenKind::parameter, end);
    const std::string_view tag = sql_.substr(at_, end + 1 - at_);
    const std::size_t close = sql_.find(tag, end + 1);
    if (close == std::string_view::npos) return emit(TokenKind::unfinished, sql_.size());
    emit(TokenKind::text, close + tag.size(), '$');
  }

  void number() {
    std::size_t i = at_;
    while (is_digit(at(i)) || at(i) == '_') ++i;
    if (at(i) == '.') ++i;
    while (is_digit(at(i)) || at(i) == '_') ++i;
    if (at(i) == 'e' || at(i) == 'E') {
      const std::size_t digits = at(i + 1) == '+' || at(i + 1) == '-' ? i + 2 : i + 1;
      if (is_digit(at(digits))) {
        i = digits;
        while (is_digit(at(i))) ++i;
      }
    }
    emit(TokenKind::number, i);
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<Token> out_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view sql) { return Scanner(sql).all(); }

Position position_of(std::string_view sql, std::size_t offset) {
  Position out;
  for (const char c : sql.substr(0, offset)) {
    if (c == '\n') {
      ++out.line;
      out.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++out.column;
    }
  }
  return out;
}

std::string squeezed(std::string_view sql) {
  std::string out;
  for (const Token& token : tokens_of(sql)) {
    if (!out.empty()) out += ' ';
    out += token.text;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_char);
  return out;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_char(x) == lower_char(y); });
}

std::size_t closing(const std::vector<Token>& tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::symbol) continue;
    const char c = tokens[i].text.front();
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && --depth == 0) return i;
  }
  return tokens.size();
}

}  // namespace centavo::pack
