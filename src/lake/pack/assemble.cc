#include "lake/pack/assemble.h"

#include <algorithm>
#include <set>

#include "lake/pack/lint.h"
#include "lake/pack/parse_tree.h"
#include "lake/pack/sql_tokens.h"
#include "lake/pack/types.h"

namespace centavo::pack {
namespace {

const std::vector<std::string> kAddedColumns = {"source_file_name", "source_row_number", "ingestion_timestamp",
                                                "raw_ingestion_id"};

// Everything that packs name each other by.
struct Names {
  std::map<TableName, Model*> tables;
  std::map<TableName, const Interface*> views;
  std::map<std::string, const Interface*> interfaces;
  std::map<std::string, std::string> pack_of_interface;

  std::vector<std::string> readable() const {
    std::vector<std::string> out;
    for (const auto& [name, unused] : tables) out.push_back(name.text());
    for (const auto& [name, unused] : views) out.push_back(name.text());
    return out;
  }
};

// A piece of SQL and whom it belongs to.
struct OwnedSql {
  SqlPiece piece;
  const Pack* pack = nullptr;
  Model* model = nullptr;              // of a model's own SQL
  const Interface* interface = nullptr;  // of an interface's check or proof
};

class Assembler {
 public:
  /// `parsed`: trees of texts, as far as they are there already.
  Assembler(Assembly& assembly, std::map<std::string_view, ParseTree> parsed, KnownTrees& known)
      : packs_(assembly.packs),
        functions_(assembly.functions),
        mistakes_(assembly.mistakes),
        parsed_(std::move(parsed)),
        known_(known) {}

  Status run() {
    collect_names();
    check_requires();
    for (auto& [name, pack] : packs_) {
      check_sources(pack);
      for (Model& model : pack.models) check_contract(pack, model.contract);
    }
    TRY(parse_all());
    for (auto& [name, pack] : packs_) {
      for (Model& model : pack.models) finish_checks(model.contract);
    }
    TRY(check_patterns());
    check_cycles();
    for (auto& [name, pack] : packs_) {
      for (PackTest& test : pack.tests) check_test(pack, test);
    }
    return {};
  }

 private:
  void mistake(const Place& place, std::string message, std::string hint = {}) {
    mistakes_.push_back({place, std::move(message), std::move(hint)});
  }

  // ---------- names

  void collect_names() {
    for (const Mistake& m : mistakes_) {
      if (m.place.file.ends_with("/pack.yaml")) half_read_.insert(m.place.file.substr(0, m.place.file.size() - 10));
    }
    std::map<std::string, Place> sources;
    for (auto& [pack_name, pack] : packs_) {
      for (const Interface& interface : pack.interfaces) {
        const auto [at, fresh] = names_.interfaces.emplace(interface.name, &interface);
        if (!fresh)
          mistake(interface.place, fmt::format("interface {} is also in {}", interface.name, at->second->place.text()));
        names_.views.emplace(interface.view(), &interface);
        names_.pack_of_interface[interface.name] = pack_name;
        for (const std::string& column : interface.identity) {
          const bool known = std::any_of(interface.columns.begin(), interface.columns.end(),
                                         [&](const ColumnSpec& c) { return c.name == column; });
          if (!known) mistake(interface.place, fmt::format("identity names \"{}\", which is no column of it", column));
        }
      }
      for (const SourceKind& source : pack.sources) {
        const auto [at, fresh] = sources.emplace(source.name, source.place);
        if (!fresh) mistake(source.place, fmt::format("source {} is also in {}", source.name, at->second.text()));
      }
    }
    for (auto& [pack_name, pack] : packs_) {
      for (Model& model : pack.models) {
        const Contract& contract = model.contract;
        const auto [at, fresh] = names_.tables.emplace(contract.table, &model);
        if (!fresh) twice_.insert(contract.table);
        if (!fresh)
          mistake(contract.place,
                  fmt::format("table {} is also in {}", contract.table.text(), at->second->contract.place.text()));
        if (const auto view = names_.views.find(contract.table); view != names_.views.end()) {
          mistake(contract.place, fmt::format("table {} has the name of the view of interface {}",
                                              contract.table.text(), view->second->name));
        }
      }
    }
  }

  void check_requires() {
    std::vector<std::string> known;
    for (const auto& [name, unused] : packs_) known.push_back(name);
    for (const auto& [name, pack] : packs_) {
      for (const std::string& wanted : pack.requires_packs) {
        if (!packs_.contains(wanted))
          mistake(pack.place, fmt::format("requires the unknown pack \"{}\"", wanted), did_you_mean(wanted, known));
      }
    }
  }

  // `pack` names something of `owner`.
  void check_may_name(const Pack& pack, const std::string& owner, const Place& place, std::string_view thing) {
    if (owner == pack.name || owner == "core" || owner.empty()) return;
    if (std::find(pack.requires_packs.begin(), pack.requires_packs.end(), owner) != pack.requires_packs.end()) return;
    mistake(place, fmt::format("{} belongs to pack {}, which {} does not require", thing, owner, pack.name),
            fmt::format("add {} to requires in {}/pack.yaml", owner, pack.name));
  }

  // The owner of a table or view, or a mistake.
  void check_table(const Pack& pack, const TableName& table, const Place& place, bool view_allowed) {
    if (const auto model = names_.tables.find(table); model != names_.tables.end()) {
      if (!twice_.contains(table)) check_may_name(pack, model->second->contract.pack, place, table.text());
      return;
    }
    if (const auto view = names_.views.find(table); view_allowed && view != names_.views.end()) {
      return check_may_name(pack, names_.pack_of_interface[view->second->name], place, table.text());
    }
    mistake(place, fmt::format("unknown table {}", table.text()), did_you_mean(table.text(), names_.readable()));
  }

  // ---------- sources and contracts

  void check_sources(const Pack& pack) {
    const bool found = std::any_of(pack.sources.begin(), pack.sources.end(),
                                   [&](const SourceKind& source) { return source.name == pack.default_source; });
    if (!pack.default_source.empty() && !found) {
      mistake(pack.place, fmt::format("default_source \"{}\" is no source of the pack", pack.default_source),
              fmt::format("add sources/{}.yaml, or name one that is there", pack.default_source));
    }
    for (const SourceKind& source : pack.sources) {
      for (const SourceKind::Feed& feed : source.feeds) {
        check_table(pack, feed.table, feed.place, false);
        const auto table = names_.tables.find(feed.table);
        if (table == names_.tables.end()) continue;
        if (table->second->contract.write == WriteMode::replace_period && source.period_from == "none") {
          mistake(feed.place,
                  fmt::format("source {} has no period, and {} replaces one", source.name, feed.table.text()),
                  "say where the period comes from: period: {from: column, columns: [...]}");
        }
      }
      for (const SourceKind::Feed& feed : source.feeds) check_set_columns(feed);
      for (const SourceKind::Gather& gather : source.gather) check_map_column(source, gather.into);
      for (const std::string& column : source.json_maps) check_map_column(source, column);
      if (!source.period_path.empty()) patterns_.push_back({source.period_path, source.place, "period path"});
      if (!source.delivery_path.empty()) patterns_.push_back({source.delivery_path, source.place, "delivery path"});
    }
  }

  void check_set_columns(const SourceKind::Feed& feed) {
    const auto table = names_.tables.find(feed.table);
    if (table == names_.tables.end()) return;
    for (const auto& [column, value] : feed.set) {
      const ColumnSpec* spec = table->second->contract.find(column);
      if (spec != nullptr && (spec->type.empty() || spec->type == "VARCHAR")) continue;
      mistake(feed.place,
              fmt::format("the feed sets \"{}\", which {} does not declare as varchar", column, feed.table.text()),
              fmt::format("add - {{name: {}, type: varchar}} to its columns", column));
    }
  }

  void check_map_column(const SourceKind& source, const std::string& column) {
    for (const SourceKind::Feed& feed : source.feeds) {
      const auto table = names_.tables.find(feed.table);
      const ColumnSpec* spec = table == names_.tables.end() ? nullptr : table->second->contract.find(column);
      if (spec && !spec->type.empty() && !spec->type.starts_with("MAP(")) {
        mistake(spec->place,
                fmt::format("column \"{}\" is filled as a map by source {}, and declared {}", column, source.name,
                            spec->type),
                "write map(varchar, varchar)");
      }
    }
  }

  static std::vector<std::string> columns_of(const Contract& contract) {
    std::vector<std::string> out;
    for (const ColumnSpec& column : contract.columns) out.push_back(column.name);
    if (contract.table.layer == Layer::bronze) {
      out.insert(out.end(), kAddedColumns.begin(), kAddedColumns.end());
      if (!contract.period_column.empty()) out.push_back(contract.period_column);
    }
    return out;
  }

  // Whether the table can have a column of that name; a mistake when not.
  bool check_column(const Contract& contract, const std::string& column, const Place& place, std::string_view what) {
    const std::vector<std::string> known = columns_of(contract);
    for (const std::string& name : known) {
      if (same_word(name, column)) return true;
    }
    if (contract.other_columns) return true;
    mistake(place, fmt::format("{} names the unknown column \"{}\"", what, column), did_you_mean(column, known));
    return false;
  }

  void check_contract(const Pack& pack, Contract& contract) {
    if (contract.table.layer == Layer::bronze) {
      check_bronze(contract);
    } else {
      if (contract.columns.empty()) mistake(contract.place, fmt::format("{} has no columns", contract.table.text()));
      if (const ColumnSpec* period = contract.find(contract.period_column);
          period && !period->type.empty() && period->type != "DATE") {
        mistake(period->place,
                fmt::format("the period column \"{}\" must be a date, and is {}", period->name, period->type));
      }
    }
    for (const std::string& column : contract.grain)
      check_column(contract, column, contract.place_of("grain"), "grain");
    for (const std::string& column : contract.identity)
      check_column(contract, column, contract.place_of("identity"), "identity");
    for (const std::string& column : contract.partition_by) {
      if (column != contract.period_column)
        check_column(contract, column, contract.place_of("partition_by"), "partition_by");
    }
    if (!contract.period_column.empty())
      check_column(contract, contract.period_column, contract.place_of("period_column"), "period_column");
    check_explain(pack, contract);
    if (contract.rows.in) check_table(pack, *contract.rows.in, contract.place_of("rows"), true);
    for (const TableName& table : contract.needs) check_table(pack, table, contract.place_of("needs"), false);
    for (const TableName& table : contract.periods_of) check_table(pack, table, contract.place_of("periods_of"), true);
    for (const CheckSpec& check : contract.checks) {
      if (check.to) check_table(pack, *check.to, check.place, true);
    }
    if (!contract.implements.empty()) merge_interface(pack, contract);
  }

  void check_explain(const Pack& pack, const Contract& contract) {
    const DrillSpec& explain = contract.explain;
    const auto check = [&](const std::string& column) { check_column(contract, column, explain.place, "explain"); };
    if (explain.from) check_table(pack, *explain.from, explain.place, true);
    for (const auto& [column, amount] : explain.amounts) check(column);
    for (const auto& [column, why] : explain.no_sum) check(column);
    for (const auto& [column, way] : explain.ways) {
      check(column);
      if (way.from) check_table(pack, *way.from, explain.place, true);
      for (const std::string& by : way.by) check(by);
    }
    for (const DrillSpec::Used& used : explain.used) {
      check_table(pack, used.from, explain.place, true);
      for (const std::string& column : used.measures) check(column);
    }
  }

  void check_bronze(const Contract& contract) {
    if (contract.columns.empty() && !contract.other_columns) {
      mistake(contract.place, fmt::format("{} has no columns", contract.table.text()),
              "list them, or write other_columns: keep");
    }
    if (!contract.implements.empty())
      mistake(contract.place_of("implements"), "a bronze table implements no interface");
    for (const ColumnSpec& column : contract.columns) {
      const bool added =
          std::find(kAddedColumns.begin(), kAddedColumns.end(), lower(column.name)) != kAddedColumns.end();
      if (added || same_word(column.name, contract.period_column)) {
        mistake(column.place, fmt::format("column \"{}\" is added by centavo", column.name), "leave it out of columns");
      }
    }
  }

  void merge_interface(const Pack& pack, Contract& contract) {
    const auto found = names_.interfaces.find(contract.implements);
    if (found == names_.interfaces.end()) {
      std::vector<std::string> known;
      for (const auto& [name, unused] : names_.interfaces) known.push_back(name);
      return mistake(contract.place_of("implements"),
                     fmt::format("implements the unknown interface \"{}\"", contract.implements),
                     did_you_mean(contract.implements, known));
    }
    if (contract.table.layer != Layer::silver)
      mistake(contract.place_of("implements"), "only silver tables implement an interface");
    const Interface& interface = *found->second;
    check_may_name(pack, names_.pack_of_interface[interface.name], contract.place_of("implements"),
                   "interface " + interface.name);
    for (const ColumnSpec& wanted : interface.columns) {
      const auto at = std::find_if(contract.columns.begin(), contract.columns.end(),
                                   [&](const ColumnSpec& c) { return same_word(c.name, wanted.name); });
      if (at == contract.columns.end()) {
        if (wanted.required)
          mistake(contract.place_of("columns"), fmt::format("column \"{}\" {} is missing, which {} requires",
                                                            wanted.name, wanted.type, interface.name));
        continue;
      }
      if (at->name != wanted.name)
        mistake(at->place, fmt::format("column \"{}\" is spelled \"{}\" in {}", at->name, wanted.name, interface.name));
      if (!at->type.empty() && !wanted.type.empty() && at->type != wanted.type) {
        mistake(at->place,
                fmt::format("column \"{}\" is {}, and {} in {}", at->name, at->type, wanted.type, interface.name));
      }
      at->required = at->required || wanted.required;
      const auto inherit = [](auto& own, const auto& given) {
        if (own.empty()) own = given;
      };
      inherit(at->unit, wanted.unit);
      inherit(at->description, wanted.description);
      inherit(at->accepted, wanted.accepted);
      inherit(at->pattern, wanted.pattern);
      inherit(at->classification, wanted.classification);
      inherit(at->mask, wanted.mask);
      if (at->min.empty() && at->max.empty()) {
        at->min = wanted.min;
        at->max = wanted.max;
      }
    }
  }

  // ---------- checks, once the SQL of interfaces is known

  // Whether an interface's check or proof names only columns that the table has.
  bool fits(const Contract& contract, const Interface& interface, const std::vector<std::string>& columns) const {
    return std::none_of(columns.begin(), columns.end(), [&](const std::string& column) {
      const bool of_interface = std::any_of(interface.columns.begin(), interface.columns.end(),
                                            [&](const ColumnSpec& c) { return same_word(c.name, column); });
      return of_interface && !contract.find(column);
    });
  }

  // Columns that a check names, in its lists and in its SQL.
  std::vector<std::string> columns_of(const CheckSpec& check) const {
    std::vector<std::string> out = check.columns;
    for (const std::string* sql : {&check.sql, &check.ours, &check.ours_by, &check.ours_where}) add_columns(*sql, out);
    return out;
  }
  void add_columns(const std::string& sql, std::vector<std::string>& out) const {
    if (const auto known = columns_in_sql_.find(sql); known != columns_in_sql_.end())
      out.insert(out.end(), known->second.begin(), known->second.end());
  }

  // The columns' own checks, then the interface's, then the table's; the later of two with one name stands.
  void finish_checks(Contract& contract) {
    std::vector<CheckSpec> all = implied_checks(contract.columns);
    const auto interface = names_.interfaces.find(contract.implements);
    if (interface != names_.interfaces.end()) {
      for (const CheckSpec& check : interface->second->checks) {
        if (fits(contract, *interface->second, columns_of(check))) all.push_back(check);
      }
      for (const ProofSpec& proof : interface->second->proofs) merge_proof(contract, *interface->second, proof);
    }
    for (CheckSpec& check : contract.checks) {
      const auto same =
          std::find_if(contract.checks.data(), &check, [&](const CheckSpec& c) { return c.name == check.name; });
      if (same != &check) {
        mistake(check.place, fmt::format("check \"{}\" is here twice, first on line {}", check.name, same->place.line),
                "give one of them a name: of its own");
        continue;
      }
      std::erase_if(all, [&](const CheckSpec& c) { return c.name == check.name; });
      all.push_back(check);
    }
    contract.checks = std::move(all);
    for (CheckSpec& check : contract.checks) check_check(contract, check);
  }

  void merge_proof(Contract& contract, const Interface& interface, const ProofSpec& proof) {
    const auto fit = [&](std::initializer_list<const std::string*> expressions) {
      std::vector<std::string> columns;
      for (const std::string* sql : expressions) add_columns(*sql, columns);
      return fits(contract, interface, columns);
    };
    const bool invoiced = fit({&proof.issuer, &proof.invoice});
    const auto own = std::find_if(contract.proofs.begin(), contract.proofs.end(),
                                  [&](const ProofSpec& p) { return p.measure == proof.measure; });
    if (own != contract.proofs.end()) {
      if (!own->issuer.empty() || !invoiced) return;
      own->issuer = proof.issuer;
      own->invoice = proof.invoice;
      return;
    }
    if (!fit({&proof.amount, &proof.currency, &proof.by, &proof.where})) return;
    contract.proofs.push_back(proof);
    if (!invoiced) contract.proofs.back().issuer = contract.proofs.back().invoice = "";
  }

  void check_check(const Contract& contract, CheckSpec& check) {
    const std::string what = fmt::format("check \"{}\"", check.name);
    for (const std::string& column : check.columns) {
      if (!check_column(contract, column, check.place, what)) continue;
      const ColumnSpec* spec = contract.find(column);
      const bool of_text = check.kind == CheckKind::pattern || check.kind == CheckKind::valid_cpf ||
                           check.kind == CheckKind::valid_cnpj || check.kind == CheckKind::valid_email;
      if (of_text && spec && !spec->type.empty() && spec->type != "VARCHAR") {
        mistake(check.place, fmt::format("{} needs text, and column \"{}\" is {}", what, column, spec->type));
      }
      if (check.kind == CheckKind::range && spec && check.place != spec->place) {
        for (std::string* end : {&check.min, &check.max}) make_plain(*end, spec->type, check.place, what);
      }
    }
    if (!check.pattern.empty()) patterns_.push_back({check.pattern, check.place, what});
    if (check.kind == CheckKind::reference && check.to) {
      const auto target = names_.tables.find(*check.to);
      for (const std::string& column : check.to_columns) {
        if (target != names_.tables.end()) check_column(target->second->contract, column, check.place, what);
      }
    }
  }

  void make_plain(std::string& value, const std::string& type, const Place& place, const std::string& what) {
    if (value.empty() || type.empty()) return;
    auto plain = plain_value(type, value);
    if (!plain) return mistake(place, fmt::format("{}: {}", what, plain.error().message), plain.error().hint);
    value = *plain;
  }

  Status check_patterns() {
    std::vector<std::string> texts;
    std::map<std::string, std::string> faults;
    for (const Pattern& pattern : patterns_) {
      if (faults.emplace(pattern.text, "").second) texts.push_back(pattern.text);
    }
    const std::vector<std::string> found = TRY(known_.faults(texts));
    for (std::size_t i = 0; i < texts.size(); ++i) faults[texts[i]] = found[i];
    for (const Pattern& pattern : patterns_) {
      if (!faults[pattern.text].empty())
        mistake(pattern.place, fmt::format("{}: \"{}\" is not a regular expression: {}", pattern.what, pattern.text,
                                           faults[pattern.text]));
    }
    return {};
  }

  // ---------- SQL

  void collect_sql() {
    for (auto& [name, pack] : packs_) {
      for (Model& model : pack.models) {
        if (!model.sql.empty() || !model.sql_place.file.empty()) {
          SqlPiece piece{SqlPiece::Kind::model, model.sql, "", model.sql_place, model.spark_sql.empty(), false};
          sql_.push_back({std::move(piece), &pack, &model, nullptr});
        }
        Contract& contract = model.contract;
        collect_checks(pack, contract.checks, contract.proofs, nullptr);
        add_explain(pack, contract.explain);
        for (const auto* accounts : {&contract.rows.dropped, &contract.rows.added}) {
          for (const RowAccount& account : *accounts) {
            const std::string what = fmt::format("rows \"{}\"", account.name);
            add_expression(pack, account.where, what, account.place, nullptr);
            if (!account.sql.empty()) add_query(pack, account.sql, what, account.place, nullptr);
          }
        }
      }
      for (Interface& interface : pack.interfaces) {
        collect_checks(pack, interface.checks, interface.proofs, &interface);
        collect_shown(pack, interface);
      }
    }
  }

  void collect_checks(const Pack& pack, const std::vector<CheckSpec>& checks, const std::vector<ProofSpec>& proofs,
                      const Interface* interface) {
    for (const CheckSpec& check : checks) {
      const std::string what = fmt::format("check \"{}\"", check.name);
      if (!check.sql.empty()) add_query(pack, check.sql, what, check.place, interface);
      for (const std::string* text :
           {&check.ours, &check.theirs, &check.ours_by, &check.theirs_by, &check.ours_where, &check.theirs_where}) {
        add_expression(pack, *text, what, check.place, interface);
      }
    }
    for (const ProofSpec& proof : proofs) {
      const std::string what = fmt::format("proof \"{}\"", proof.measure);
      for (const std::string* text :
           {&proof.amount, &proof.currency, &proof.by, &proof.issuer, &proof.invoice, &proof.where})
        add_expression(pack, *text, what, proof.place, interface);
    }
  }

  void collect_shown(const Pack& pack, Interface& interface) {
    Interface::Shown& shown = interface.shown;
    if (!shown.join) return;
    check_table(pack, *shown.join, shown.place, false);
    std::set<std::string> used;
    std::vector<std::string> texts = shown.values;
    texts.push_back(shown.on);
    for (const std::string& text : texts) {
      add_expression(pack, text, "shown", shown.place, nullptr);
      for (const Token& token : tokens_of(text)) {
        if (token.kind == TokenKind::parameter) used.emplace(token.text.substr(1));
      }
    }
    shown.parameters.assign(used.begin(), used.end());
  }

  // Only the program itself explains, so what its own engine knows will do.
  void add_explain(const Pack& pack, const DrillSpec& explain) {
    const auto add = [&](const std::string& text) {
      if (text.empty()) return;
      sql_.push_back(
          {{SqlPiece::Kind::expression, text, "explain", explain.place, false, true}, &pack, nullptr, nullptr});
    };
    add(explain.where);
    for (const auto& [column, amount] : explain.amounts) add(amount);
    for (const auto& [column, way] : explain.ways) {
      add(way.where);
      add(way.amount);
    }
    for (const DrillSpec::Used& used : explain.used) {
      add(used.where);
      for (const auto& [column, expression] : used.columns) add(expression);
    }
  }

  void add_query(const Pack& pack, const std::string& text, std::string what, const Place& place,
                 const Interface* interface) {
    sql_.push_back({{SqlPiece::Kind::query, text, std::move(what), place, true, true}, &pack, nullptr, interface});
  }
  void add_expression(const Pack& pack, const std::string& text, std::string what, const Place& place,
                      const Interface* interface) {
    if (text.empty()) return;
    sql_.push_back({{SqlPiece::Kind::expression, text, std::move(what), place, true, true}, &pack, nullptr, interface});
  }

  Status parse_all() {
    collect_sql();
    std::vector<std::string> texts;
    std::vector<std::size_t> missing;
    std::vector<ParseTree> trees(sql_.size());
    for (std::size_t i = 0; i < sql_.size(); ++i) {
      std::string statement = sql_[i].piece.statement();
      if (const auto parsed = parsed_.find(statement); parsed != parsed_.end()) {
        trees[i] = parsed->second;
      } else {
        texts.push_back(std::move(statement));
        missing.push_back(i);
      }
    }
    std::vector<ParseTree> found = TRY(known_.sql(texts));
    for (std::size_t i = 0; i < missing.size(); ++i) trees[missing[i]] = std::move(found[i]);
    for (std::size_t i = 0; i < sql_.size(); ++i) {
      lint_sql(sql_[i].piece, trees[i], functions_, mistakes_);
      check_parameters(sql_[i]);
      check_tables(sql_[i], trees[i]);
      if (sql_[i].interface) columns_in_sql_[sql_[i].piece.text] = trees[i].columns;
    }
    return {};
  }

  void check_parameters(const OwnedSql& sql) {
    std::set<std::string> used;
    for (const Token& token : tokens_of(sql.piece.text)) {
      if (token.kind != TokenKind::parameter) continue;
      const std::string name(token.text.substr(1));
      used.insert(name);
      std::vector<std::string> known = {"$period_first", "$period_end"};
      for (const Parameter& parameter : sql.pack->parameters) known.push_back("$" + parameter.name);
      if (std::find(known.begin(), known.end(), token.text) == known.end() && !half_read_.contains(sql.pack->name)) {
        std::string hint = did_you_mean(token.text, known);
        if (!hint.starts_with("did")) hint = fmt::format("declare it under parameters in {}/pack.yaml", sql.pack->name);
        mistakes_.push_back(
            sql.piece.mistake(token.offset, fmt::format("unknown parameter {}", token.text), std::move(hint)));
      }
    }
    if (!sql.model) return;
    sql.model->parameters.assign(used.begin(), used.end());
    const Contract& contract = sql.model->contract;
    if (contract.write == WriteMode::replace_period && !used.contains("period_first") && !used.contains("period_end")) {
      mistakes_.push_back(sql.piece.mistake(
          0, "the table replaces one period, and its SQL reads no $period_first",
          fmt::format("add where {0} >= $period_first and {0} < $period_end", contract.period_column)));
    }
  }

  void check_tables(const OwnedSql& sql, const ParseTree& tree) {
    std::set<TableName> inputs;
    std::set<std::string> interfaces;
    for (const ParseTree::Table& table : tree.tables) {
      if (sql.piece.reads_this && table.schema.empty() && lower(table.table) == "this") continue;
      const auto at = table.offset == ParseTree::kNowhere || table.offset < sql.piece.shift()
                          ? 0
                          : table.offset - sql.piece.shift();
      const auto wrong = [&](std::string message, std::string hint) {
        mistakes_.push_back(sql.piece.mistake(at, std::move(message), std::move(hint)));
      };
      const std::string written = table.schema.empty() ? table.table : fmt::format("{}.{}", table.schema, table.table);
      if (table.schema.empty() || !table.catalog.empty()) {
        wrong(fmt::format("table \"{}\" has no layer", written), layer_hint(table.table));
        continue;
      }
      const auto name = parse_table_name(lower(written));
      const auto model = name ? names_.tables.find(*name) : names_.tables.end();
      const auto view = name ? names_.views.find(*name) : names_.views.end();
      if (model == names_.tables.end() && view == names_.views.end()) {
        static const std::vector<std::string> kLayers = {"bronze", "silver", "gold"};
        const bool layer = std::find(kLayers.begin(), kLayers.end(), lower(table.schema)) != kLayers.end();
        wrong(layer ? fmt::format("unknown table {}", written) : fmt::format("unknown layer in {}", written),
              layer ? did_you_mean(written, names_.readable()) : did_you_mean(table.schema, kLayers));
        continue;
      }
      if (written != name->text())
        wrong(fmt::format("table {} is written {}", name->text(), written), "write it in lower case");
      const std::string owner =
          view != names_.views.end() ? names_.pack_of_interface[view->second->name] : model->second->contract.pack;
      if (!twice_.contains(*name)) check_may_name(*sql.pack, owner, sql.piece.mistake(at, "").place, name->text());
      if (sql.model && name->layer > sql.model->contract.table.layer) {
        wrong(fmt::format("{} reads {}, of a higher layer", sql.model->contract.table.text(), name->text()),
              "read bronze and silver tables only");
        continue;
      }
      if (view != names_.views.end()) {
        interfaces.insert(view->second->name);
      } else {
        inputs.insert(*name);
      }
    }
    if (!sql.model) return;
    sql.model->inputs.assign(inputs.begin(), inputs.end());
    sql.model->interface_inputs.assign(interfaces.begin(), interfaces.end());
    const bool reads = !tree.tables.empty() || std::any_of(tree.calls.begin(), tree.calls.end(),
                                                           [](const ParseTree::Call& c) { return c.makes_rows; });
    if (tree.error.empty() && !reads) {
      mistakes_.push_back(sql.piece.mistake(0, "the select reads no table"));
    }
  }

  std::string layer_hint(const std::string& table) const {
    for (const std::string& name : names_.readable()) {
      if (same_word(name.substr(name.find('.') + 1), table)) return fmt::format("write {}", name);
    }
    return "write bronze., silver. or gold. in front, or name a step of the with clause";
  }

  // ---------- cycles

  enum class Mark { fresh, open, done };

  void check_cycles() {
    for (auto& [name, model] : names_.tables) visit(name);
  }

  std::vector<TableName> read_by(const Model& model) const {
    std::vector<TableName> out = model.inputs;
    for (const auto& [name, other] : names_.tables) {
      const std::string& interface = other->contract.implements;
      const auto& wanted = model.interface_inputs;
      if (!interface.empty() && std::find(wanted.begin(), wanted.end(), interface) != wanted.end()) out.push_back(name);
    }
    return out;
  }

  void visit(const TableName& name) {
    Mark& mark = marks_[name];
    if (mark == Mark::done) return;
    if (mark == Mark::open) {
      const auto start = std::find(path_.begin(), path_.end(), name);
      std::string text;
      for (auto at = start; at != path_.end(); ++at) text += at->text() + " -> ";
      mistake(names_.tables.at(name)->sql_place,
              fmt::format("tables read each other in a circle: {}{}", text, name.text()));
      return;
    }
    mark = Mark::open;
    path_.push_back(name);
    for (const TableName& input : read_by(*names_.tables.at(name))) visit(input);
    path_.pop_back();
    marks_[name] = Mark::done;
  }

  // ---------- tests

  static Place line_in(const PackTest& test, const std::string& key) {
    const auto line = test.lines.find(key);
    return line == test.lines.end() ? test.place : Place{test.place.file, line->second, 0};
  }

  void check_test(const Pack& pack, PackTest& test) {
    const auto at = [&](const std::string& key) { return line_in(test, key); };
    const auto model = names_.tables.find(test.model);
    if (model == names_.tables.end()) {
      mistake(at("model"), fmt::format("test of the unknown table {}", test.model.text()),
              did_you_mean(test.model.text(), names_.readable()));
    } else if (test.model.layer == Layer::bronze) {
      mistake(at("model"), fmt::format("{} has no SQL to test", test.model.text()));
    } else {
      for (const PackTest::Row& row : test.expect) check_row(model->second->contract, row, at("expect"), "expect");
    }
    for (const auto& [table, rows] : test.given) check_given(test, table, rows);
    for (auto& [name, value] : test.parameters) {
      const auto declared = std::find_if(pack.parameters.begin(), pack.parameters.end(),
                                         [&](const Parameter& p) { return p.name == name; });
      if (declared == pack.parameters.end()) {
        if (half_read_.contains(pack.name)) continue;
        std::vector<std::string> known;
        for (const Parameter& parameter : pack.parameters) known.push_back(parameter.name);
        mistake(at("parameters"), fmt::format("unknown parameter \"{}\"", name), did_you_mean(name, known));
      } else {
        make_plain(value, declared->type, at("parameters"), fmt::format("parameter \"{}\"", name));
      }
    }
  }

  void check_given(const PackTest& test, const std::string& table, const std::vector<PackTest::Row>& rows) {
    const Place place = line_in(test, "given " + table);
    const auto name = parse_table_name(table);
    const auto model = name ? names_.tables.find(*name) : names_.tables.end();
    if (model != names_.tables.end()) {
      for (const PackTest::Row& row : rows) check_row(model->second->contract, row, place, "given " + table);
      return;
    }
    const auto view = name ? names_.views.find(*name) : names_.views.end();
    if (view == names_.views.end()) {
      mistake(place, fmt::format("given rows of the unknown table \"{}\"", table),
              did_you_mean(table, names_.readable()));
      return;
    }
    Contract columns;
    columns.table = *name;
    columns.columns = view->second->columns;
    for (const PackTest::Row& row : rows) check_row(columns, row, place, "given " + table);
  }

  void check_row(const Contract& contract, const PackTest::Row& row, const Place& place, const std::string& what) {
    for (const auto& [column, value] : row) {
      if (complained_.contains({place.text(), what + column})) continue;
      if (!check_column(contract, column, place, what)) complained_.insert({place.text(), what + column});
    }
  }

  struct Pattern {
    std::string text;
    Place place;
    std::string what;
  };

  std::map<std::string, Pack>& packs_;
  const FunctionsFile& functions_;
  std::vector<Mistake>& mistakes_;
  std::map<std::string_view, ParseTree> parsed_;
  KnownTrees& known_;
  Names names_;
  std::vector<OwnedSql> sql_;
  std::map<std::string, std::vector<std::string>> columns_in_sql_;   // of interfaces' SQL: text -> columns it names
  std::vector<Pattern> patterns_;
  std::map<TableName, Mark> marks_;
  std::vector<TableName> path_;
  std::set<std::pair<std::string, std::string>> complained_;
  std::set<std::string> half_read_;   // packs whose pack.yaml has a mistake: their parameters may be missing
  std::set<TableName> twice_;   // tables that two packs make: whose they are cannot be said
};

}  // namespace

Result<Assembly> assemble(const std::map<std::string, PackFiles>& files, KnownTrees& trees) {
  std::vector<const std::string*> yaml_texts;
  std::vector<std::string> sql_texts;
  std::vector<std::string_view> sql_views;
  for (const auto& [name, pack_files] : files) {
    for (const auto& [path, text] : pack_files) {
      // Rules are large and read by the few who want them (flow/validate).
      if (path.ends_with(".yaml") && !path.starts_with("rules/")) yaml_texts.push_back(&text);
      if (!path.ends_with(".sql") || path.ends_with(".spark.sql")) continue;
      sql_texts.push_back(text);
      sql_views.push_back(text);
    }
  }
  auto [parsed, found] = TRY(trees.yaml_and_sql(yaml_texts, sql_texts));
  std::map<std::string_view, ParseTree> known;
  for (std::size_t i = 0; i < sql_views.size(); ++i) known.emplace(sql_views[i], std::move(found[i]));
  YamlFiles yaml;
  for (std::size_t i = 0; i < yaml_texts.size(); ++i) yaml.emplace(yaml_texts[i], std::move(parsed[i]));

  Assembly out;
  for (const auto& [name, pack_files] : files) {
    out.packs.emplace(name, read_pack(name, pack_files, yaml, out.functions, out.mistakes));
  }
  TRY(Assembler(out, std::move(known), trees).run());
  trees.keep();
  std::stable_sort(out.mistakes.begin(), out.mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.place < b.place; });
  const auto same = [](const Mistake& a, const Mistake& b) { return a.place == b.place && a.message == b.message; };
  out.mistakes.erase(std::unique(out.mistakes.begin(), out.mistakes.end(), same), out.mistakes.end());
  return out;
}

}  // namespace centavo::pack
