#pragma once
/// \file flow/validate/rules.h
/// Rules about the rows of a file or table: what a specification demands, as data. Read from a pack
/// (packs/focus/rules/*.yaml) or from a published requirement model (model.h).

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lake/pack/pack.h"

namespace centavo::rules {

/// What a rule asks. SQL is about one row of `this`; what is NULL is no fault.
struct Requirement {
  enum class Kind {
    none,      ///< nothing that can be asked
    present,   ///< `column` is there
    type,      ///< `column` holds values of `type`: string, decimal, datetime
    format,  ///< text of `column` is written as `type` asks: numeric, datetime; values with a type of their own fit
    sql,  ///< `sql` holds on each row
    rows,  ///< `sql` is a query of the groups that break the rule
    all_of,  ///< every rule of `rules` that was executed holds
    any_of,   ///< one rule of `rules` that was executed holds
    every,    ///< each of `items` holds
    any,  ///< for one of `items` at least there is a row that does not break it: the public validator's reading
  };
  Kind kind = Kind::none;
  std::string column, type, sql;
  std::vector<std::string> rules;
  std::vector<Requirement> items;

  /// Whether it is decided by other rules, and not by rows.
  bool of_rules() const { return kind == Kind::all_of || kind == Kind::any_of; }
};

struct Rule {
  std::string id;  ///< the specification's: "BilledCost-C-003-M"
  std::string level;  ///< MUST, MUST NOT, SHOULD, SHOULD NOT, RECOMMENDED, MAY
  std::string column;  ///< whose rule it is; "" for the dataset's own
  std::string says;  ///< the rule in words; empty: the requirement is shown
  std::vector<std::string> criteria;  ///< it applies when one of them is given; empty: always
  std::vector<std::string> needs;  ///< does not apply when one of these rules does not
  std::string when;  ///< SQL: rows it is about; empty: all
  Requirement requirement;
  std::string cannot;  ///< why nothing can be executed
  std::string note;  ///< where it differs from what was published, or how it was read

  /// MUST and MUST NOT: when it fails, the data does not conform.
  bool binding() const { return level.starts_with("MUST"); }
  /// The requirement as a person reads it.
  std::string text() const;
};

struct RuleSet {
  std::string name;  ///< "focus.cost_and_usage"
  std::string version;  ///< "1.2"
  std::string origin;  ///< the file it was read from
  std::map<std::string, std::string> criteria;  ///< name -> description
  std::vector<Rule> rules;

  /// column -> string, decimal or datetime, as the rules say; columns without a type of their own are strings.
  std::map<std::string, std::string> column_types() const;
};

/// The versions of a set ("cost_and_usage") that a pack has, oldest first: it stands in rules/<set>_<version>.yaml with
/// `_` for the points.
std::vector<std::string> versions_of(const pack::Pack& pack, std::string_view set);

/// The set of that version. Its file is parsed here and not when the pack is loaded: it is large, and few commands want
/// it. `not_found` when the pack has none; `invalid_argument` lists every mistake in it.
Result<RuleSet> rule_set(const pack::Pack& pack, std::string_view set, std::string_view version);

/// `create macro` statements of the pack's rules/terms.yaml: words that rules use.
Result<std::string> term_macros(const pack::Pack& pack);

}  // namespace centavo::rules
