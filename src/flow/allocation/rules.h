#pragma once
/// \file flow/allocation/rules.h
/// Who pays for what, as a tenant's files say: tags that charges get by rules, and rules that hand shared cost on.
/// The grammar with examples: docs/guides/allocation.md.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lake/pack/library.h"

namespace centavo {

/// The cost centre of charges that no rule gives one.
inline constexpr const char* kUnallocated = "unallocated";
/// Columns level_1 … that a hierarchy fills.
inline constexpr int kLevelsMax = 5;

/// When a rule holds, in days both of which count; "" is open. And since when it is known.
struct Validity {
  std::string from, to;
  std::string recorded;
};

/// Charges for which all of this is true; nothing: all charges.
struct Condition {
  struct Match {
    std::string column;                ///< "ServiceName", or "Tags.team" for the value of a tag
    std::vector<std::string> values;   ///< one of them
  };
  std::vector<Match> matches;
  std::string where;                   ///< SQL
  bool empty() const { return matches.empty() && where.empty(); }
};

/// Gives charges a value of a tag. Rules of one name are versions of one: where two hold, the one recorded later
/// counts.
struct TagRule {
  std::string name;
  Condition of;
  std::string value;                          ///< a text; or
  std::string value_sql;                      ///< an expression, where null and '' go on to the next rule; or
  std::string by;                             ///< an expression whose value is looked up in `values`
  std::map<std::string, std::string> values;
  Validity validity;
  pack::Place place;
};

/// A tag that is computed: the first rule that holds for a charge gives its value.
struct VirtualTag {
  std::string name;
  std::string description;
  std::string otherwise;   ///< of charges that no rule fits; "": none
  std::vector<TagRule> rules;
  pack::Place place;
};

enum class SplitBy { even, proportional, fixed, metric };
enum class WhenNoWeight { even, keep, error };

/// Takes cost and hands it on. Exactly one of `charges` and `cost_centres` says what it takes.
struct SplitRule {
  std::string name;
  bool takes_charges = false;
  Condition charges;                       ///< as they came, unless an earlier rule took them
  std::vector<std::string> cost_centres;   ///< all that stands there now, earlier rules' gifts too
  bool to_all = false;                     ///< every cost centre with charges of its own
  std::vector<std::string> to;             ///< or these; a hierarchy's `under` is taken apart already
  SplitBy by = SplitBy::even;
  std::string measure;                     ///< proportional: the column whose sum is the weight
  Condition weighed;                       ///< proportional: of these charges
  std::map<std::string, std::string> shares;   ///< fixed: cost centre -> weight
  std::optional<pack::TableName> metric;   ///< metric: the table, and SQL over its rows
  std::string metric_key, metric_weight, metric_where;
  WhenNoWeight when_no_weight = WhenNoWeight::keep;
  Validity validity;                       ///< in whole months
  pack::Place place;
};

/// All of a tenant's rules.
struct Allocation {
  std::vector<VirtualTag> tags;            ///< a later one may read an earlier
  std::string pays;                        ///< the tag whose values are the cost centres
  bool in_subunits = true;                 ///< parts are whole cents; else all 21 digits
  std::vector<std::string> keep;           ///< of kOrigins: what of its origin cost keeps when it is handed on
  std::vector<SplitRule> splits;
  std::map<std::string, std::string> parents;       ///< cost centre -> the one above
  std::map<pack::TableName, std::string> metric_periods;   ///< table of weights -> the column of its months
  std::map<std::string, std::string> as_recorded;   ///< period -> only what was recorded until that day counts

  /// Tables of weights that some rule reads.
  std::vector<pack::TableName> metrics() const;
};

/// What a row of allocated cost keeps of the charges behind it.
inline const std::vector<std::string> kOrigins = {"x_Provider", "BillingAccountId", "SubAccountId", "ServiceName",
                                                  "ChargeCategory"};

/// The rules in a tenant's files (name -> text), by their order. Absent when there are none.
/// `invalid_argument` lists every mistake of all files, each with file and line.
Result<std::optional<Allocation>> read_allocation(const pack::Library& library,
                                                  const std::map<std::string, std::string>& files);

}  // namespace centavo
