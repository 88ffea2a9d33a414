#include "lake/delta/duck_type.h"

#include <cctype>
#include <cstdlib>

namespace centavo::delta {
namespace {

constexpr int kDepthMax = 100;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<DuckType> whole() {
    DuckType type = TRY(type_at(0));
    skip_blanks();
    if (at_ != text_.size()) return bad();
    return type;
  }

 private:
  tl::unexpected<Error> bad() const {
    return fail(ErrorKind::invalid_argument, "\"{}\" is not a DuckDB type (at character {})", text_, at_);
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string word() {
    skip_blanks();
    std::string out;
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] == '"') {
          if (at_ + 1 < text_.size() && text_[at_ + 1] == '"')
            ++at_;
          else
            break;
        }
        out += text_[at_];
      }
      if (at_ < text_.size()) ++at_;
      return out;
    }
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && static_cast<unsigned char>(c) < 0x80) break;
      out += c;
      ++at_;
    }
    return out;
  }

  Result<DuckType> type_at(int depth) {
    if (depth > kDepthMax) return bad();
    DuckType type;
    type.id = word();
    if (type.id.empty()) return bad();
    for (char& c : type.id) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (type.id == "TIMESTAMP" || type.id == "TIME") {
      for (std::string_view suffix : {" WITH TIME ZONE"}) {
        if (text_.substr(at_).starts_with(suffix)) {
          type.id += suffix;
          at_ += suffix.size();
        }
      }
    } else if (type.id == "STRUCT" && take('(')) {
      do {
        skip_blanks();
        type.names.push_back(word());
        if (type.names.back().empty()) return bad();
        type.children.push_back(TRY(type_at(depth + 1)));
      } while (take(','));
      if (!take(')')) return bad();
    } else if (type.id == "MAP" && take('(')) {
      type.children.push_back(TRY(type_at(depth + 1)));
      if (!take(',')) return bad();
      type.children.push_back(TRY(type_at(depth + 1)));
      if (!take(')')) return bad();
    } else if (type.id == "DECIMAL" || type.id == "NUMERIC") {
      type.id = "DECIMAL";
      type.width = 18;
      type.scale = 3;
      if (take('(')) {
        type.width = std::atoi(word().c_str());
        type.scale = take(',') ? std::atoi(word().c_str()) : 0;
        if (!take(')') || type.width < 1 || type.width > 38 || type.scale < 0 || type.scale > type.width) return bad();
      }
    } else if (take('(')) {  // ENUM('a', 'b'), UNION(...): known by name only
      int open = 1;
      bool quoted = false;
      for (; at_ < text_.size() && open > 0; ++at_) {
        if (text_[at_] == '\'') quoted = !quoted;
        if (quoted) continue;
        open += text_[at_] == '(' ? 1 : text_[at_] == ')' ? -1 : 0;
      }
      if (open != 0) return bad();
    }
    if (type.id == "TIMESTAMPTZ") type.id = "TIMESTAMP WITH TIME ZONE";
    while (take('[')) {
      const bool fixed = !word().empty();
      if (!take(']')) return bad();
      DuckType list;
      list.id = fixed ? "ARRAY" : "LIST";
      list.children.push_back(std::move(type));
      type = std::move(list);
    }
    return type;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

const DuckType* DuckType::child(std::string_view name) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return &children[i];
  }
  return nullptr;
}

Result<DuckType> parse_duck_type(std::string_view text) { return Parser(text).whole(); }

}  // namespace centavo::delta
