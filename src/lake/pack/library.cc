#include "lake/pack/library.h"

#include <algorithm>

#include "base/digest.h"
#include "base/json.h"
#include "lake/pack/assemble.h"
#include "lake/pack/expand.h"
#include "lake/pack/lint.h"
#include "lake/pack/parse_tree.h"
#include "lake/pack/reading.h"
#include "lake/pack/sql_tokens.h"

namespace centavo::pack {
namespace {

constexpr std::size_t kMistakesShownMax = 50;

Error error_of(const std::vector<Mistake>& mistakes) {
  std::string message =
      mistakes.size() == 1 ? "1 mistake in the packs:" : fmt::format("{} mistakes in the packs:", mistakes.size());
  for (std::size_t i = 0; i < std::min(mistakes.size(), kMistakesShownMax); ++i) message += "\n  " + mistakes[i].text();
  if (mistakes.size() > kMistakesShownMax)
    message += fmt::format("\n  and {} more", mistakes.size() - kMistakesShownMax);
  return {ErrorKind::invalid_argument, std::move(message), {}};
}

std::map<std::string, PackFiles> with_core(std::map<std::string, PackFiles> packs) {
  const auto& embedded = embedded_packs();
  if (const auto core = embedded.find("core"); core != embedded.end()) packs.emplace(*core);
  return packs;
}

// All packs with the mistakes of reading folders too.
Result<Assembly> assemble_folders(const std::vector<std::string>& folders, const std::string& trees_file) {
  std::map<std::string, PackFiles> packs = embedded_packs();
  std::vector<Mistake> mistakes;
  read_folders(folders, packs, mistakes);
  KnownTrees trees(trees_file);
  Assembly out = TRY(assemble(packs, trees));
  out.mistakes.insert(out.mistakes.begin(), mistakes.begin(), mistakes.end());
  return out;
}

FunctionMap by_name(std::vector<Function> functions) {
  FunctionMap out;
  for (Function& function : functions) {
    const std::string name = function.name;
    out.emplace(name, std::move(function));
  }
  return out;
}

Json json_of(const std::optional<TableName>& table) { return table ? Json(table->text()) : Json(nullptr); }

}  // namespace

std::string Place::text() const {
  if (line == 0) return file;
  return column == 0 ? fmt::format("{}:{}", file, line) : fmt::format("{}:{}:{}", file, line, column);
}

std::string Mistake::text() const {
  return fmt::format("{}: {}{}{}", place.text(), message, hint.empty() ? "" : "; ", hint);
}

std::string_view name_of(Layer layer) {
  return layer == Layer::bronze ? "bronze" : layer == Layer::silver ? "silver" : "gold";
}

std::string TableName::text() const { return fmt::format("{}.{}", name_of(layer), table); }

Result<TableName> parse_table_name(std::string_view text) {
  for (const Layer layer : {Layer::bronze, Layer::silver, Layer::gold}) {
    const std::string prefix = fmt::format("{}.", name_of(layer));
    if (!text.starts_with(prefix)) continue;
    const std::string_view table = text.substr(prefix.size());
    const bool plain = !table.empty() && table.size() <= 128 && table.front() >= 'a' && table.front() <= 'z' &&
                       table.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
    if (plain) return TableName{layer, std::string(table)};
  }
  return fail_hint("write bronze., silver. or gold. and a name in snake_case", ErrorKind::invalid_argument,
                   "\"{}\" is not a table", text);
}

const ColumnSpec* Contract::find(std::string_view column) const {
  const auto at =
      std::find_if(columns.begin(), columns.end(), [&](const ColumnSpec& c) { return same_word(c.name, column); });
  return at == columns.end() ? nullptr : &*at;
}

Place Contract::place_of(const std::string& key) const {
  const auto line = lines.find(key);
  return line == lines.end() ? place : Place{place.file, line->second, 0};
}

TableName Interface::view() const {
  std::string table = name;
  std::replace(table.begin(), table.end(), '.', '_');
  return {Layer::silver, std::move(table)};
}

Result<Library> Library::load(const std::vector<std::string>& folders, const std::string& trees_file) {
  Assembly assembly = TRY_IN("load packs", assemble_folders(folders, trees_file));
  if (!assembly.mistakes.empty()) return fail(error_of(assembly.mistakes));
  Library out;
  out.packs_ = std::move(assembly.packs);
  out.functions_ = by_name(assembly.functions.functions);
  out.dialect_ = std::make_shared<const FunctionsFile>(std::move(assembly.functions));
  return out;
}

Result<Library> Library::from_files(const std::map<std::string, PackFiles>& packs) {
  KnownTrees trees({});
  Assembly assembly = TRY_IN("load packs", assemble(with_core(packs), trees));
  if (!assembly.mistakes.empty()) return fail(error_of(assembly.mistakes));
  Library out;
  out.packs_ = std::move(assembly.packs);
  out.functions_ = by_name(assembly.functions.functions);
  out.dialect_ = std::make_shared<const FunctionsFile>(std::move(assembly.functions));
  return out;
}

std::vector<Mistake> Library::lint(const std::vector<std::string>& folders) {
  auto assembly = assemble_folders(folders, {});
  if (!assembly) return {{{}, assembly.error().message, assembly.error().hint}};
  return std::move(assembly->mistakes);
}

std::vector<Mistake> Library::lint_files(const std::map<std::string, PackFiles>& packs) {
  KnownTrees trees({});
  auto assembly = assemble(with_core(packs), trees);
  if (!assembly) return {{{}, assembly.error().message, assembly.error().hint}};
  return std::move(assembly->mistakes);
}

const Model* Library::model(const TableName& table) const {
  for (const auto& [name, pack] : packs_) {
    for (const Model& model : pack.models) {
      if (model.contract.table == table) return &model;
    }
  }
  return nullptr;
}

const SourceKind* Library::source(std::string_view name) const {
  for (const auto& [pack_name, pack] : packs_) {
    for (const SourceKind& source : pack.sources) {
      if (source.name == name) return &source;
    }
  }
  return nullptr;
}

const Interface* Library::interface(std::string_view name) const {
  for (const auto& [pack_name, pack] : packs_) {
    for (const Interface& interface : pack.interfaces) {
      if (interface.name == name) return &interface;
    }
  }
  return nullptr;
}

const Interface* Library::interface_of_view(const TableName& table) const {
  for (const auto& [pack_name, pack] : packs_) {
    for (const Interface& interface : pack.interfaces) {
      if (interface.view() == table) return &interface;
    }
  }
  return nullptr;
}

const Parameter* Library::parameter(std::string_view pack, std::string_view name) const {
  const auto found = packs_.find(std::string(pack));
  if (found == packs_.end()) return nullptr;
  for (const Parameter& parameter : found->second.parameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

std::vector<const Model*> Library::implementers(std::string_view interface_name) const {
  std::vector<const Model*> out;
  for (const auto& [name, pack] : packs_) {
    for (const Model& model : pack.models) {
      if (model.contract.implements == interface_name) out.push_back(&model);
    }
  }
  return out;
}

Result<std::string> Library::expand(std::string_view sql, std::string_view engine,
                                    const std::map<std::string, std::string>& values) const {
  return expand_sql(sql, engine, &values, functions_);
}

Result<std::vector<Mistake>> Library::judge(const std::vector<Expression>& expressions) const {
  std::vector<Mistake> out;
  std::vector<SqlPiece> pieces;
  std::vector<std::string> texts;
  for (const Expression& expression : expressions) {
    pieces.push_back({SqlPiece::Kind::expression, expression.text, expression.what, expression.place, true, true});
    texts.push_back(pieces.back().statement());
  }
  const std::vector<ParseTree> trees = TRY(parse_sql(texts));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::size_t before = out.size();
    lint_sql(pieces[i], trees[i], *dialect_, out);
    if (out.size() > before) continue;
    for (const ParseTree::Table& table : trees[i].tables) {
      if (table.schema.empty() && same_word(table.table, "this")) continue;
      out.push_back(pieces[i].mistake(0, fmt::format("it reads the table {}", table.table),
                                      "an expression looks at one charge; a table of weights is named with metric"));
    }
    for (const std::string& column : trees[i].columns) {
      const auto& known = *expressions[i].columns;
      const bool found = std::any_of(known.begin(), known.end(), [&](const auto& k) { return same_word(k, column); });
      if (!found)
        out.push_back(pieces[i].mistake(0, fmt::format("unknown column \"{}\"", column), did_you_mean(column, known)));
    }
  }
  return out;
}

std::string Library::digest(const Model& model) const {
  // SQL as DuckDB would get it, so that a changed function body changes the digest; blanks and comments do not.
  const auto written_out = [&](const std::string& sql) {
    auto expanded = expand_sql(sql, "duckdb", nullptr, functions_);
    return squeezed(expanded ? *expanded : sql);
  };
  const Contract& contract = model.contract;
  Json columns = Json::array();
  for (const ColumnSpec& c : contract.columns) columns.push_back({c.name, c.type});
  Json checks = Json::array();
  for (const CheckSpec& c : contract.checks) {
    checks.push_back({c.name,
                      name_of(c.kind),
                      static_cast<int>(c.severity),
                      c.columns,
                      c.values,
                      c.pattern,
                      c.min,
                      c.max,
                      json_of(c.to),
                      c.to_columns,
                      written_out(c.ours),
                      written_out(c.theirs),
                      written_out(c.ours_by),
                      written_out(c.theirs_by),
                      written_out(c.ours_where),
                      written_out(c.theirs_where),
                      c.tolerance,
                      c.max_change_ratio,
                      c.hours,
                      written_out(c.sql)});
  }
  Json rows = Json::array({json_of(contract.rows.in)});
  for (const auto* accounts : {&contract.rows.dropped, &contract.rows.added}) {
    for (const RowAccount& a : *accounts)
      rows.push_back({a.name, written_out(a.where), written_out(a.sql), accounts == &contract.rows.added});
  }
  Json proofs = Json::array();
  for (const ProofSpec& p : contract.proofs)
    proofs.push_back(
        {p.measure, written_out(p.amount), written_out(p.currency), written_out(p.by), written_out(p.where)});
  Json all = {{"table", contract.table.text()},
              {"sql", written_out(model.sql)},
              {"spark_sql", squeezed(model.spark_sql)},
              {"implements", contract.implements},
              {"write", static_cast<int>(contract.write)},
              {"period_column", contract.period_column},
              {"partition_by", contract.partition_by},
              {"other_columns", contract.other_columns},
              {"columns", columns},
              {"checks", checks},
              {"rows", rows},
              {"proofs", proofs}};
  if (contract.reads_month_before) all["reads"] = "month_before";
  return sha256_hex(all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string Library::digest(const SourceKind& source) const {
  Json feeds = Json::array();
  for (const SourceKind::Feed& feed : source.feeds) {
    feeds.push_back({feed.table.text(), feed.match});
    if (!feed.dataset.empty()) feeds.back().push_back({"dataset", feed.dataset});
    if (!feed.set.empty()) feeds.back().push_back({"set", feed.set});
  }
  Json gather = Json::array();
  for (const SourceKind::Gather& g : source.gather) gather.push_back({g.prefix, g.into});
  Json all = {source.name,           source.connector,   source.format,   source.manifest,    source.match,
              source.delimiter,      source.quote,       source.encoding, source.record_path, source.period_from,
              source.period_columns, source.period_path, feeds,           source.snake_case,  gather,
              source.json_maps,      source.rename};
  // Not in the list when it is not said, so that the digests of sources without it stay what they were.
  if (!source.map_entries.empty()) all.push_back({"map_entries", source.map_entries});
  if (!source.delivery_path.empty()) all.push_back({"delivery", source.delivery_path});
  if (source.short_rows) all.push_back("short_rows");
  if (source.month_first) all.push_back("month_first");
  if (source.day_first) all.push_back("day_first");
  if (source.compares_rows) all.push_back("compares_rows");
  if (!source.csv_columns.empty()) all.push_back({"csv_columns", source.csv_columns});
  if (source.lower_case) all.push_back("lower_case");
  if (source.original_in_parentheses) all.push_back("original_in_parentheses");
  return sha256_hex(all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace centavo::pack
