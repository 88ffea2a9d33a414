#pragma once
/// \file lake/pack/sql_tokens.h
/// SQL cut into tokens, comments and blanks skipped. Knows quoting, nothing else; never fails.

#include <string>
#include <string_view>
#include <vector>

namespace centavo::pack {

enum class TokenKind {
  word,         ///< a keyword or a plain name
  quoted_name,  ///< "a ""b"""
  text,         ///< 'it''s', also e'..' and $$..$$: see Token::prefix
  number,
  parameter,    ///< $period_first
  symbol,       ///< ( ) , . :: -> and the like
  unfinished,   ///< a quote or comment that does not end
};

struct Token {
  TokenKind kind = TokenKind::symbol;
  std::string_view text;   ///< as written, quotes and '$' included
  std::size_t offset = 0;  ///< bytes from the start
  char prefix = 0;         ///< of a text: 'e' in e'..', '$' in $$..$$
};

/// The views point into `sql`.
std::vector<Token> tokens_of(std::string_view sql);

struct Position {
  int line = 1;
  int column = 1;   ///< in characters, not bytes
};
Position position_of(std::string_view sql, std::size_t offset);

/// Tokens with one blank between: the same for texts that differ in comments and blanks only.
std::string squeezed(std::string_view sql);

std::string lower(std::string_view text);
bool same_word(std::string_view a, std::string_view b);   ///< ignoring ASCII case

/// Index of the ')' , ']' or '}' that closes the one at `open`; tokens.size() when none does.
std::size_t closing(const std::vector<Token>& tokens, std::size_t open);

}  // namespace centavo::pack
