/// \file lake/pack/read_contract.cc
/// Contracts and interfaces: columns, checks, proofs, row accounts.

#include <algorithm>
#include <array>

#include "lake/pack/reading.h"
#include "lake/pack/sql_tokens.h"
#include "lake/pack/types.h"

namespace centavo::pack {
namespace {

constexpr std::array<std::string_view, 14> kCheckNames = {
    "required",  "unique",     "accepted_values", "pattern",    "range",       "reference",        "row_count_change",
    "freshness", "reconciles", "valid_cpf",       "valid_cnpj", "valid_email", "schema_unchanged", "sql"};

// A bound as a value of the column's type.
std::string bound(Fields& fields, std::string_view key, const std::string& type) {
  const std::string text = fields.text(key);
  if (text.empty() || type.empty()) return text;
  auto plain = plain_value(type, text);
  if (plain) return *plain;
  fields.mistake(key, fmt::format("{}: {}", key, plain.error().message), plain.error().hint);
  return {};
}

// `value`, when wanted, is the SQL that gives the column.
ColumnSpec read_column(const Reading& reading, const Yaml& node, bool of_interface, std::string* value = nullptr) {
  Fields fields(reading, node, "a column");
  ColumnSpec out;
  out.place = reading.place(node);
  out.name = fields.required_text("name");
  const std::string type = fields.required_text("type");
  if (!type.empty()) {
    auto normal = normalise_type(type);
    if (normal) {
      out.type = *normal;
    } else {
      fields.mistake("type", fmt::format("column \"{}\": {}", out.name, normal.error().message), normal.error().hint);
    }
  }
  out.required = fields.flag("required");
  out.unit = fields.text("unit");
  out.description = fields.text("description");
  out.accepted = fields.texts("accepted");
  out.pattern = fields.text("pattern");
  out.min = bound(fields, "min", out.type);
  out.max = bound(fields, "max", out.type);
  static const std::vector<std::string> kClasses = {"", "personal", "financial", "secret"};
  static const std::vector<std::string> kMasks = {"", "hash", "hide", "email", "last4"};
  out.classification = kClasses[fields.choice("classification", kClasses, 0)];
  out.mask = kMasks[fields.choice("mask", kMasks, 0)];
  out.severity = fields.severity();
  if (of_interface) out.since = fields.text("since");
  if (value != nullptr) *value = fields.required_text("value");
  if ((!out.pattern.empty() || out.mask == "email" || out.mask == "last4") && !out.type.empty() &&
      out.type != "VARCHAR") {
    fields.mistake(out.pattern.empty() ? "mask" : "pattern",
                   fmt::format("column \"{}\": a {} needs type varchar", out.name,
                               out.pattern.empty() ? "mask of text" : "pattern"));
    out.pattern.clear();
  }
  if (out.name.find_first_of(" ,;{}()\n\t=") != std::string::npos) {
    fields.mistake("name", fmt::format("column name \"{}\" holds a character that Delta refuses", out.name),
                   "leave out blanks and ,;{}()=");
  }
  fields.done();
  return out;
}

void read_reconciles(const Reading& reading, const Yaml& node, CheckSpec& out) {
  Fields fields(reading, node, "reconciles");
  fields.required_text("to");
  out.to = read_table_name(fields, "to");
  out.ours = fields.required_text("ours");
  out.theirs = fields.required_text("theirs");
  const auto pair = [&](std::string_view key, std::string& ours, std::string& theirs) {
    const Yaml* both = fields.find(key);
    if (!both) return;
    if (both->kind == Yaml::Kind::scalar) {
      ours = theirs = both->text;
      return;
    }
    Fields sides(reading, *both, fmt::format("\"{}\" of reconciles", key));
    ours = sides.text("ours");
    theirs = sides.text("theirs");
    if (key == "by" && ours.empty() != theirs.empty()) sides.mistake("", "by needs both \"ours\" and \"theirs\"");
    sides.done();
  };
  pair("by", out.ours_by, out.theirs_by);
  pair("where", out.ours_where, out.theirs_where);
  out.tolerance = fields.text("tolerance", "0");
  const auto tolerance = plain_value("DECIMAL(38,21)", out.tolerance);
  if (!tolerance || out.tolerance.starts_with('-')) {
    fields.mistake("tolerance", fmt::format("tolerance: \"{}\" is not an amount from 0 on", out.tolerance));
  } else {
    out.tolerance = *tolerance;
  }
  fields.done();
}

// The value of a check's one kind key: a column list for some kinds, a map for others.
void read_check_value(Fields& check, const std::string& key, CheckSpec& out) {
  const Reading& reading = check.reading();
  const Yaml* value = check.find(key);
  const auto as_map = [&] { return Fields(reading, *value, key); };
  const auto one_column = [&](Fields& fields) {
    const std::string column = fields.required_text("column");
    if (!column.empty()) out.columns = {column};
  };
  if (!value) {
    check.mistake(key, fmt::format("\"{}\" is empty", key));
    return;
  }
  switch (out.kind) {
    case CheckKind::required:
    case CheckKind::unique:
    case CheckKind::valid_cpf:
    case CheckKind::valid_cnpj:
    case CheckKind::valid_email:
      out.columns = check.texts(key);
      if (out.columns.empty() && value->kind != Yaml::Kind::map)
        check.mistake(key, fmt::format("\"{}\" names no column", key));
      return;
    case CheckKind::accepted_values: {
      Fields fields = as_map();
      one_column(fields);
      out.values = fields.texts("values");
      if (out.values.empty() && fields.usable()) fields.mistake("values", "accepted_values needs \"values\"");
      return fields.done();
    }
    case CheckKind::pattern: {
      Fields fields = as_map();
      one_column(fields);
      out.pattern = fields.required_text("matches");
      return fields.done();
    }
    case CheckKind::range: {
      Fields fields = as_map();
      one_column(fields);
      out.min = fields.text("min");
      out.max = fields.text("max");
      if (out.min.empty() && out.max.empty() && fields.usable())
        fields.mistake("", "range needs \"min\", \"max\" or both");
      return fields.done();
    }
    case CheckKind::reference: {
      Fields fields = as_map();
      out.columns = fields.texts("columns");
      fields.required_text("to");
      out.to = read_table_name(fields, "to");
      out.to_columns = fields.texts("to_columns");
      if (out.to_columns.empty()) out.to_columns = out.columns;
      if (out.columns.empty() && fields.usable()) fields.mistake("columns", "reference needs \"columns\"");
      if (out.columns.size() != out.to_columns.size())
        fields.mistake("to_columns", "\"columns\" and \"to_columns\" differ in number");
      return fields.done();
    }
    case CheckKind::row_count_change: {
      Fields fields = as_map();
      out.max_change_ratio = fields.number("max_ratio", 0, 0);
      if (!fields.find("max_ratio") && fields.usable())
        fields.mistake("max_ratio", "row_count_change needs \"max_ratio\"");
      return fields.done();
    }
    case CheckKind::freshness: {
      Fields fields = as_map();
      one_column(fields);
      out.hours = fields.number("hours", 0, 0);
      if (!fields.find("hours") && fields.usable()) fields.mistake("hours", "freshness needs \"hours\"");
      return fields.done();
    }
    case CheckKind::reconciles: return read_reconciles(reading, *value, out);
    case CheckKind::schema_unchanged:
      if (!check.flag(key, true)) check.mistake(key, "schema_unchanged: false says nothing", "remove the check");
      return;
    case CheckKind::sql: out.sql = check.required_text(key); return;
  }
}

CheckSpec read_check(const Reading& reading, const Yaml& node, bool& usable) {
  Fields fields(reading, node, "a check");
  CheckSpec out;
  out.place = reading.place(node);
  std::vector<std::string> kinds;
  for (const std::string_view name : kCheckNames) {
    if (node.find(name)) kinds.emplace_back(name);
  }
  usable = kinds.size() == 1;
  if (fields.usable() && kinds.empty()) {
    const std::vector<std::string> known(kCheckNames.begin(), kCheckNames.end());
    const std::string first = node.entries.empty() ? "" : node.entries.front().key;
    reading.mistake(node.line, fmt::format("unknown check \"{}\"", first), did_you_mean(first, known));
    return out;
  }
  if (kinds.size() > 1) {
    reading.mistake(node.line, fmt::format("one check is of several kinds: {}", fmt::join(kinds, ", ")),
                    "begin each with its own \"-\"");
    return out;
  }
  if (!usable) return out;
  const auto at = std::find(kCheckNames.begin(), kCheckNames.end(), kinds.front());
  out.kind = static_cast<CheckKind>(at - kCheckNames.begin());
  out.severity = fields.severity();
  out.name = fields.text("name");
  const std::size_t before = reading.mistakes().size();
  read_check_value(fields, kinds.front(), out);
  fields.done();
  usable = reading.mistakes().size() == before;
  if (out.kind == CheckKind::sql && out.name.empty()) {
    reading.mistake(node.line, "a check with sql needs a name", "write name: what_must_hold");
  }
  if (!out.name.empty() && !is_snake_case(out.name))
    fields.mistake("name", fmt::format("check name \"{}\" is not snake_case", out.name));
  if (out.name.empty())
    out.name =
        made_name(out.kind, out.kind == CheckKind::reconciles && out.to ? std::vector{out.to->text()} : out.columns);
  const bool row_wise = out.kind <= CheckKind::range || out.kind == CheckKind::valid_cpf ||
                        out.kind == CheckKind::valid_cnpj || out.kind == CheckKind::valid_email;
  if (out.severity == Severity::quarantine && !row_wise) {
    fields.mistake("severity", fmt::format("{} cannot quarantine: it does not judge single rows", kinds.front()),
                   "write error or warn");
    out.severity = Severity::error;
  }
  return out;
}

std::vector<RowAccount> read_accounts(Fields& rows, std::string_view key) {
  std::vector<RowAccount> out;
  const Yaml* list = rows.list(key);
  if (!list) return out;
  for (const Yaml& node : list->items) {
    Fields fields(rows.reading(), node, fmt::format("an entry of rows.{}", key));
    RowAccount account;
    account.place = rows.reading().place(node);
    account.name = fields.required_text("name");
    account.where = fields.text("where");
    account.sql = fields.text("sql");
    if (fields.usable() && account.where.empty() == account.sql.empty()) {
      fields.mistake("", fmt::format("rows.{} \"{}\" needs either \"where\" or \"sql\"", key, account.name));
    }
    fields.done();
    if (!account.name.empty()) out.push_back(std::move(account));
  }
  return out;
}

RowsSpec read_rows(Fields& contract) {
  RowsSpec out;
  const Yaml* node = contract.map("rows");
  if (!node) return out;
  Fields fields(contract.reading(), *node, "rows");
  fields.required_text("in");
  out.in = read_table_name(fields, "in");
  out.dropped = read_accounts(fields, "dropped");
  out.added = read_accounts(fields, "added");
  fields.done();
  return out;
}

void read_write_mode(Fields& fields, Contract& out) {
  static const std::vector<std::string> kModes = {"replace_period", "replace", "append"};
  out.period_column = fields.text("period_column");
  const auto otherwise = out.period_column.empty() ? WriteMode::replace : WriteMode::replace_period;
  out.write = static_cast<WriteMode>(fields.choice("write", kModes, static_cast<std::size_t>(otherwise)));
  if (out.write == WriteMode::replace_period && out.period_column.empty()) {
    fields.mistake("write", "write: replace_period needs a period_column", "write period_column: billing_period");
  }
  if (out.write == WriteMode::append && out.table.layer != Layer::bronze) {
    fields.mistake("write", "only bronze tables append", "write replace_period or replace");
  }
  out.partition_by = fields.texts("partition_by");
  if (out.partition_by.empty() && out.write == WriteMode::replace_period) out.partition_by = {out.period_column};
}

// Texts by name, in order; `what` for messages.
std::vector<std::pair<std::string, std::string>> read_expressions(const Reading& reading, const Yaml& map,
                                                                  std::string_view what) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Yaml::Entry& entry : map.entries) {
    if (entry.value.kind == Yaml::Kind::scalar && !entry.value.text.empty()) {
      out.emplace_back(entry.key, entry.value.text);
    } else {
      reading.mistake(entry.line, fmt::format("{} \"{}\" needs an expression", what, entry.key));
    }
  }
  return out;
}

std::vector<DrillSpec::Used> read_used(const Reading& reading, const Yaml& list) {
  std::vector<DrillSpec::Used> out;
  for (const Yaml& node : list.items) {
    Fields fields(reading, node, "used");
    DrillSpec::Used used;
    used.name = fields.required_text("name");
    used.measures = fields.texts("of");
    fields.required_text("from");
    const auto from = read_table_name(fields, "from");
    used.where = fields.required_text("where");
    if (const Yaml* columns = fields.map("columns")) used.columns = read_expressions(reading, *columns, "columns");
    if (used.columns.empty() && fields.usable()) fields.mistake("columns", "used lists no columns");
    fields.done();
    if (from) used.from = *from;
    if (from) out.push_back(std::move(used));
  }
  return out;
}

std::map<std::string, DrillSpec::Way> read_ways(const Reading& reading, const Yaml& map) {
  std::map<std::string, DrillSpec::Way> out;
  for (const Yaml::Entry& entry : map.entries) {
    Fields fields(reading, entry.value, fmt::format("way of \"{}\"", entry.key));
    if (!fields.usable()) continue;
    DrillSpec::Way& way = out[entry.key];
    if (fields.find("from")) way.from = read_table_name(fields, "from");
    way.by = fields.texts("by");
    way.where = fields.text("where");
    way.amount = fields.required_text("amount");
    way.made_again = fields.flag("made_again");
    fields.done();
  }
  return out;
}

DrillSpec read_explain(const Reading& reading, const Yaml& explain) {
  DrillSpec out;
  Fields drill(reading, explain, "explain");
  if (drill.find("from")) out.from = read_table_name(drill, "from");
  out.where = drill.text("where");
  out.place = reading.place(explain);
  if (const Yaml* amounts = drill.map("amounts")) {
    for (auto& [column, amount] : read_expressions(reading, *amounts, "amounts")) out.amounts[column] = amount;
  }
  if (const Yaml* ways = drill.map("ways")) out.ways = read_ways(reading, *ways);
  if (const Yaml* no_sum = drill.map("no_sum")) {
    for (auto& [column, why] : read_expressions(reading, *no_sum, "no_sum")) out.no_sum[column] = why;
  }
  if (const Yaml* used = drill.list("used")) out.used = read_used(reading, *used);
  drill.done();
  return out;
}

}  // namespace

std::string_view name_of(CheckKind kind) { return kCheckNames[static_cast<std::size_t>(kind)]; }

std::string made_name(CheckKind kind, const std::vector<std::string>& columns) {
  std::string out(name_of(kind));
  for (const std::string& column : columns) out += "_" + snake_case(column);
  return out;
}

std::vector<ColumnSpec> read_columns(Fields& fields, bool of_interface) {
  std::vector<ColumnSpec> out;
  const Yaml* list = fields.list("columns");
  if (!list) return out;
  for (const Yaml& node : list->items) {
    ColumnSpec column = read_column(fields.reading(), node, of_interface);
    if (column.name.empty()) continue;
    const auto before =
        std::find_if(out.begin(), out.end(), [&](const ColumnSpec& c) { return same_word(c.name, column.name); });
    if (before != out.end()) {
      fields.reading().mistake(
          node.line, fmt::format("column \"{}\" is here twice, first on line {}", column.name, before->place.line));
      continue;
    }
    out.push_back(std::move(column));
  }
  return out;
}

std::vector<CheckSpec> read_checks(Fields& fields) {
  std::vector<CheckSpec> out;
  const Yaml* list = fields.list("checks");
  if (!list) return out;
  for (const Yaml& node : list->items) {
    bool usable = false;
    CheckSpec check = read_check(fields.reading(), node, usable);
    if (usable) out.push_back(std::move(check));
  }
  return out;
}

std::vector<ProofSpec> read_proofs(Fields& fields) {
  std::vector<ProofSpec> out;
  const Yaml* list = fields.list("proof");
  if (!list) return out;
  for (const Yaml& node : list->items) {
    Fields entry(fields.reading(), node, "a proof");
    ProofSpec proof;
    proof.place = fields.reading().place(node);
    proof.measure = entry.required_text("measure");
    proof.amount = entry.required_text("amount");
    proof.currency = entry.required_text("currency");
    proof.by = entry.text("by");
    proof.issuer = entry.text("issuer");
    proof.invoice = entry.text("invoice");
    proof.where = entry.text("where");
    if (proof.issuer.empty() != proof.invoice.empty())
      fields.reading().mistake(proof.place.line, "a proof names issuer and invoice together",
                               "add the one that is missing, or leave both out");
    entry.done();
    if (!proof.measure.empty() && !proof.amount.empty() && !proof.currency.empty()) out.push_back(std::move(proof));
  }
  return out;
}

std::vector<CheckSpec> implied_checks(const std::vector<ColumnSpec>& columns) {
  std::vector<CheckSpec> out;
  for (const ColumnSpec& column : columns) {
    const auto add = [&](CheckKind kind) -> CheckSpec& {
      CheckSpec& check = out.emplace_back();
      check.kind = kind;
      check.columns = {column.name};
      check.name = made_name(kind, check.columns);
      check.severity = column.severity;
      check.place = column.place;
      return check;
    };
    if (column.required) add(CheckKind::required);
    if (!column.accepted.empty()) add(CheckKind::accepted_values).values = column.accepted;
    if (!column.pattern.empty()) add(CheckKind::pattern).pattern = column.pattern;
    if (!column.min.empty() || !column.max.empty()) {
      CheckSpec& range = add(CheckKind::range);
      range.min = column.min;
      range.max = column.max;
    }
  }
  return out;
}

std::vector<TableName> read_table_names(Fields& fields, std::string_view key) {
  std::vector<TableName> out;
  for (const std::string& text : fields.texts(key)) {
    if (const auto table = parse_table_name(text)) {
      out.push_back(*table);
    } else {
      fields.mistake(key, table.error().message, "write layer.table");
    }
  }
  return out;
}

Contract read_contract(const Reading& reading, const YamlFile& file, const std::string& pack) {
  Contract out;
  out.pack = pack;
  out.place = {reading.file(), 1, 0};
  const Yaml* document = read_document(reading, file);
  if (!document) return out;
  Fields fields(reading, *document, "a contract");
  out.place = reading.place(*document);
  for (const Yaml::Entry& entry : document->entries) out.lines[entry.key] = entry.line;
  fields.required_text("table");
  if (const auto table = read_table_name(fields, "table")) out.table = *table;
  out.implements = fields.text("implements");
  out.description = fields.required_text("description");
  out.grain = fields.texts("grain");
  out.identity = fields.texts("identity");
  read_write_mode(fields, out);
  out.columns = read_columns(fields, false);
  if (out.table.layer == Layer::bronze) {
    static const std::vector<std::string> kOther = {"drop", "keep"};
    out.other_columns = fields.choice("other_columns", kOther, 0) == 1;
    static const std::vector<std::string> kCauses = {"data", "rates", "rules"};
    out.cause = kCauses[fields.choice("cause", kCauses, 0)];
  }
  out.rows = read_rows(fields);
  out.proofs = read_proofs(fields);
  if (const Yaml* explain = fields.map("explain")) out.explain = read_explain(reading, *explain);
  out.needs = read_table_names(fields, "needs");
  out.periods_of = read_table_names(fields, "periods_of");
  static const std::vector<std::string> kReads = {"period", "month_before"};
  out.reads_month_before = fields.choice("reads", kReads, 0) == 1;
  if (const Yaml* freshness = fields.map("freshness")) {
    Fields hours(reading, *freshness, "freshness");
    out.freshness_hours = hours.number("hours", 0, 0);
    hours.done();
  }
  if (const Yaml* retention = fields.map("retention")) {
    Fields days(reading, *retention, "retention");
    out.retention_days = static_cast<int>(days.whole("days", 1, 1000000, 0));
    days.done();
  }
  out.checks = read_checks(fields);
  fields.done();
  return out;
}

Interface::Shown read_shown(const Reading& reading, const Yaml& node) {
  Interface::Shown out;
  Fields fields(reading, node, "shown");
  out.place = reading.place(node);
  fields.required_text("join");
  out.join = read_table_name(fields, "join");
  out.on = fields.required_text("on");
  if (const Yaml* list = fields.list("columns")) {
    for (const Yaml& item : list->items) {
      std::string value;
      out.columns.push_back(read_column(reading, item, false, &value));
      out.values.push_back(std::move(value));
    }
  }
  fields.done();
  return out;
}

Interface read_interface(const Reading& reading, const YamlFile& file, const std::string& pack) {
  Interface out;
  out.place = {reading.file(), 1, 0};
  const Yaml* document = read_document(reading, file);
  if (!document) return out;
  Fields fields(reading, *document, "an interface");
  out.place = reading.place(*document);
  out.name = fields.required_text("interface");
  const std::string prefix = pack + ".";
  if (!out.name.empty() &&
      (!out.name.starts_with(prefix) || !is_snake_case(std::string_view(out.name).substr(prefix.size())))) {
    fields.mistake("interface", fmt::format("interface \"{}\" must be named {}<name in snake_case>", out.name, prefix));
    out.name.clear();
  }
  out.description = fields.text("description");
  out.columns = read_columns(fields, true);
  if (out.columns.empty() && fields.usable()) fields.mistake("columns", "an interface needs \"columns\"");
  out.identity = fields.texts("identity");
  out.checks = read_checks(fields);
  out.proofs = read_proofs(fields);
  if (const Yaml* shown = fields.map("shown")) out.shown = read_shown(reading, *shown);
  fields.done();
  return out;
}

}  // namespace centavo::pack
