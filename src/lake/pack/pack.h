#pragma once
/// \file lake/pack/pack.h
/// A pack as it stands in its folder: plain structs. The grammar with examples: docs/formats/pack.md.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace centavo::pack {

/// Where a thing was written, for messages: "aws/silver/aws_cost_and_usage.yaml:14", in SQL with the column:
/// "...sql:3:14".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string text() const;
  auto operator<=>(const Place&) const = default;
};

enum class Layer { bronze, silver, gold };
std::string_view name_of(Layer layer);

/// "silver.aws_cost_and_usage"
struct TableName {
  Layer layer = Layer::bronze;
  std::string table;
  std::string text() const;
  auto operator<=>(const TableName&) const = default;
};
/// `invalid_argument` unless it is layer.table in snake_case.
Result<TableName> parse_table_name(std::string_view text);

enum class Severity { error, quarantine, warn };

struct ColumnSpec {
  std::string name;
  std::string type;   ///< DuckDB's spelling, normalised: "VARCHAR", "DECIMAL(38,21)", "TIMESTAMP WITH TIME ZONE",
                      ///< "MAP(VARCHAR, VARCHAR)"
  bool required = false;
  std::string unit;
  std::string description;
  std::vector<std::string> accepted;    ///< the only values allowed; empty: any
  std::string pattern;                  ///< regular expression that values match; empty: any
  std::string min, max;                 ///< plain values (types.h, plain_value), inclusive; empty: unbounded
  std::string classification;           ///< "", "personal", "financial", "secret"
  std::string mask;  ///< what a reader without the grant sees: "", "hash", "hide", "email", "last4"
  Severity severity = Severity::error;  ///< of required, accepted, pattern and range of this column
  std::string since;  ///< FOCUS version that brought it; interfaces only
  Place place;
};

enum class CheckKind {
  required,
  unique,
  accepted_values,
  pattern,
  range,
  reference,
  row_count_change,
  freshness,
  reconciles,
  valid_cpf,
  valid_cnpj,
  valid_email,
  schema_unchanged,
  sql,
};

/// A query that returns the bad rows. Which members count depends on `kind`.
struct CheckSpec {
  CheckKind kind = CheckKind::sql;
  std::string name;  ///< given, or made from the kind and columns: "unique_billing_period_x_charge_id"
  Severity severity = Severity::error;
  std::vector<std::string> columns;
  std::vector<std::string> values;  ///< accepted_values
  std::string pattern;
  std::string min, max;  ///< range
  std::optional<TableName> to;  ///< reference, reconciles
  std::vector<std::string> to_columns;
  std::string ours, theirs;  ///< reconciles: an aggregate over this table, and over `to`
  std::string ours_by, theirs_by;  ///< reconciles: grouped by these expressions; empty: one total
  std::string ours_where, theirs_where;
  std::string tolerance = "0";
  double max_change_ratio = 0;  ///< row_count_change: 0.5 = half
  double hours = 0;  ///< freshness
  std::string sql;  ///< sql: reads `this`; returns the bad rows
  Place place;
};

/// How every row of the input ended: in = out + quarantined + dropped - added. A mismatch stops the commit.
struct RowAccount {
  std::string name;
  std::string where;  ///< over the input: rows for which it is true; or
  std::string sql;  ///< a query returning one count
  Place place;
};
struct RowsSpec {
  std::optional<TableName> in;
  std::vector<RowAccount> dropped;
  std::vector<RowAccount> added;
};

/// The exact sum this table must share with its neighbours, per period and currency.
struct ProofSpec {
  std::string measure;  ///< name of what is added up; tables with the same measure must agree: "BilledCost"
  std::string amount;  ///< SQL expression, decimal: "BilledCost", "cv_decimal(line_item_unblended_cost)"
  std::string currency;  ///< SQL expression: "BillingCurrency", "'BRL'"
  std::string by;  ///< SQL expression of a category, compared bronze to silver; empty: none
  std::string issuer, invoice;  ///< SQL expressions of who sends the invoice and its id; both empty: not known here
  std::string where;  ///< rows in scope; empty: all
  Place place;
};

/// Which rows a row of a gold table adds up, for `explain`: those that agree in the columns of its grain that both
/// have, and in `where`, SQL over `cell` (a row of the table) and `charge` (a row of `from`).
struct DrillSpec {
  /// Rows of another table that went into a cell, such as the rates behind a converted amount: listed beside it.
  struct Used {
    std::string name;  ///< what the rows are called: "rates"
    std::vector<std::string> measures;  ///< columns of the cell that they went into
    TableName from;
    std::string where;  ///< SQL over `used` (a row of `from`) and `cell`
    std::vector<std::pair<std::string, std::string>> columns;  ///< what is listed: name -> SQL over both, in order
  };
  /// How one measure is made up when that is not as the others are.
  struct Way {
    std::optional<TableName> from;
    std::vector<std::string> by;  ///< columns that its rows and the cell agree in; empty: the grain
    std::string where;
    std::string amount;  ///< SQL over `charge` and `cell`
    bool made_again = false;  ///< no sum of the amounts: the number comes out when the model is run again
  };
  std::optional<TableName> from;  ///< absent: the interface that has the measure and the grain
  std::string where;
  std::map<std::string, std::string> amounts;  ///< column -> SQL over `charge`; absent: its column of the same name
  std::map<std::string, Way> ways;             ///< by column
  std::map<std::string, std::string> no_sum;  ///< column -> why no rows add up to it
  std::vector<Used> used;
  Place place;
};

enum class WriteMode { replace_period, replace, append };

struct Contract {
  TableName table;
  std::string implements;  ///< interface, "focus.cost_and_usage"; empty: none
  std::string description;
  std::vector<std::string> grain;
  std::vector<std::string> identity;  ///< what a row is about, whatever delivered it; empty: the grain
  WriteMode write = WriteMode::replace;
  std::string period_column;  ///< with replace_period: DATE, first day of the month
  std::vector<std::string> partition_by;
  std::vector<ColumnSpec> columns;
  std::string cause = "data";  ///< bronze: what its landings are when two releases are compared: data, rates or rules
  bool other_columns = false;  ///< bronze: delivered columns that are not declared are kept as delivered
  std::vector<CheckSpec> checks;  ///< explicit ones and those that columns imply, in order
  RowsSpec rows;
  std::vector<ProofSpec> proofs;
  std::vector<TableName> needs;  ///< the table is made only for tenants who can have rows of these
  std::vector<TableName> periods_of;  ///< it has the periods that these have; empty: those of its inputs
  bool reads_month_before = false;  ///< of its inputs it reads the month before its own as well
  DrillSpec explain;
  double freshness_hours = 0;
  int retention_days = 0;
  std::string pack;
  Place place;
  std::map<std::string, int> lines;  ///< of its keys, for messages: "grain" -> 5

  const ColumnSpec* find(std::string_view column) const;  ///< ignoring case
  Place place_of(const std::string& key) const;  ///< of a key of its YAML; its own when the key is absent
};

/// A table made by SQL, or (bronze, `sql` empty) filled by a source.
struct Model {
  Contract contract;
  std::string sql;  ///< one select, portable, as written
  std::string spark_sql;  ///< <model>.spark.sql when there is one
  Place sql_place;
  std::vector<TableName> inputs;  ///< by parsing; sorted, unique
  std::vector<std::string> interface_inputs;  ///< "focus.cost_and_usage", read as silver.focus_cost_and_usage
  std::vector<std::string> parameters;  ///< $names used, without '$'
};

/// A set of columns that silver tables of several packs share. Read as silver.<pack>_<name>: the union of its
/// implementers.
struct Interface {
  std::string name;  ///< "focus.cost_and_usage"
  std::string description;
  std::vector<ColumnSpec> columns;
  std::vector<std::string> identity;  ///< of what a row is about, whatever file delivered it
  std::vector<CheckSpec> checks;  ///< added to each implementer
  std::vector<ProofSpec> proofs;  ///< likewise, when the implementer has none of that measure
  /// Columns that people see on the view beside its own: worked out as it is read, never stored.
  struct Shown {
    std::optional<TableName> join;  ///< at most one row of it is `joined` to a row, `this`, of the union
    std::string on;  ///< SQL over `this` and `joined`
    std::vector<ColumnSpec> columns;
    std::vector<std::string> values;  ///< of each column, SQL over `this` and `joined`
    std::vector<std::string> parameters;  ///< $names used, without '$'
    Place place;
  } shown;
  Place place;
  TableName view() const;  ///< silver.focus_cost_and_usage
};

/// A kind of source: a connector with its options as data.
struct SourceKind {
  std::string name;  ///< "aws_cur"
  std::string description;
  std::string connector;  ///< "files"
  std::string format = "auto";  ///< auto (by name), csv, parquet, json, jsonl
  std::string manifest;  ///< how deliveries are announced: "", "aws", "azure"
  std::vector<std::string> match;  ///< globs under the URI; empty: every file with a known ending
  std::vector<std::string> ignore;  ///< globs of files that are as good as not there
  std::string delimiter, quote, encoding;  ///< CSV; empty: ',' '"' UTF-8
  bool short_rows = false;  ///< CSV: a row may end early; the columns it lacks are NULL
  std::vector<std::string> csv_columns;  ///< CSV without a header row: the names of its columns
  std::string record_path;  ///< JSON: where the rows are, "data.items"; empty: the top
  std::string map_entries;  ///< JSON: there stand maps, whose entries are the rows; the column that gets the key
  /// What several files of one period mean without a manifest: `replaces`: a file of the same name in a newer version
  /// takes the place of the old one and files add up; that is the only mode with a period. For append tables files add
  /// rows.
  std::string period_from;  ///< "manifest", "column", "path", "none"
  /// Candidates, as delivered or by their bronze names; the first that a file has and fills.
  std::vector<std::string> period_columns;
  bool month_first = false;  ///< dates of these columns may also be written 09/30/2026
  bool day_first = false;  ///< dates of these columns are written 30/09/2026 or 30092026
  /// A month is new when its own rows are, not when the bytes of its files are: for files that hold a whole history
  /// and grow every day.
  bool compares_rows = false;
  std::string period_path;  ///< regular expression; groups 1 and 2 are year and month
  std::string
      delivery_path;  ///< regular expression; files with the same group 1 come again together, group 2 is the run
  struct Feed {  ///< which files fill which bronze table
    TableName table;
    std::vector<std::string> match;  ///< globs; empty: all of the source's
    /// What manifests call this kind of data: a file whose manifest says so, and no other that has a manifest.
    std::string dataset;
    std::map<std::string, std::string> set;  ///< bronze columns with one value in all rows of the feed
    Place place;
  };
  std::vector<Feed> feeds;
  bool snake_case = false;  ///< names by AWS's documented rule for Athena
  bool lower_case = false;  ///< names in lower case
  bool original_in_parentheses = false;  ///< a translated name ends with the original one: "Kosten (PreTaxCost)"
  struct Gather {
    std::string prefix;  ///< of the delivered name
    std::string into;  ///< map column
  };
  std::vector<Gather> gather;
  std::vector<std::string> json_maps;  ///< bronze columns whose text is a JSON object: become MAP(VARCHAR, VARCHAR)
  std::map<std::string, std::string> rename;  ///< delivered name -> bronze name
  std::string pack;
  Place place;
};

struct Parameter {
  std::string name;
  std::string type;
  std::string default_value;  ///< plain value of the type; a tenant's own is checked by parameters.h
  std::vector<std::string> accepted;  ///< the only values there are; empty: any of the type
  std::string separator;  ///< between several accepted values; "": one alone
  std::string min, max;  ///< of a number; "": no limit
  bool is_currency = false;  ///< the tenant's currency is its value unless the tenant sets another
  std::string description;
  Place place;
};

/// Given rows in, expected rows out.
struct PackTest {
  std::string title;
  TableName model;
  std::string period;  ///< "2026-10" or ""
  std::map<std::string, std::string> parameters;  ///< name -> plain value of the declared type
  using Row =
      std::vector<std::pair<std::string, std::optional<std::string>>>;  ///< column -> text; nested values as JSON
  std::vector<std::pair<std::string, std::vector<Row>>> given;  ///< table (or interface view) -> rows
  std::vector<Row> expect;  ///< columns named are compared, in any order of rows
  Place place;
  std::map<std::string, int> lines;  ///< of "model", "expect" and each given table, for messages
};

struct Pack {
  std::string name;
  int version = 1;
  std::string description;
  std::vector<std::string> requires_packs;
  std::string default_source;  ///< the source meant by who names the pack only; empty: the only one it has
  std::vector<Parameter> parameters;
  Place place;  ///< of pack.yaml
  std::vector<SourceKind> sources;
  std::vector<Interface> interfaces;
  std::vector<Model> models;  ///< bronze ones too
  std::vector<PackTest> tests;
  std::map<std::string, std::string> files;  ///< every file's text, by path in the pack: for digests and docs
};

}  // namespace centavo::pack
