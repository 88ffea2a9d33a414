#include "flow/pipeline/difference.h"

#include <set>

#include "flow/engine/desk.h"
#include "flow/pipeline/measured.h"
#include "flow/pipeline/planning.h"
#include "flow/pipeline/released.h"
#include "flow/pipeline/work.h"

namespace centavo {
namespace {

constexpr int kBefore = 0, kAfter = 1, kFirstCause = 10;   // what an amount in `amounts` is

int code_of(Cause cause) { return kFirstCause + static_cast<int>(cause); }

// Both releases with their rows.
struct Side {
  MadeRelease made;
  std::unique_ptr<ReleasedTables> tables;
};

std::string fingerprint_in(const MadeRelease& made, const Place& place) {
  const auto* making = made.find(place);
  return making == nullptr ? "" : making->state.fingerprint;
}

std::string fingerprint_in(const Stage& stage, const Place& place) {
  const auto it = stage.fingerprints.find(place);
  return it == stage.fingerprints.end() ? "" : it->second;
}

// Makes in a scratch lake what neither release shows: the tables of a step between them.
class StageMaker {
 public:
  StageMaker(Workshop& workshop, const Tenant& tenant, Side& a, Side& b, const OnEvent& on_event, const Cancel* cancel)
      : workshop_(workshop), tenant_(tenant), a_(a), b_(b), on_event_(on_event), cancel_(cancel) {}

  /// The rows of a place at a step, "" when there are none.
  Result<std::string> select(const Stage& stage, const Place& place, const std::set<Place>& all_wanted) {
    const std::string fingerprint = fingerprint_in(stage, place);
    if (fingerprint.empty()) return std::string();
    for (auto* side : {&a_, &b_}) {
      if (fingerprint_in(side->made, place) == fingerprint) return side->tables->select(place.first, place.second);
    }
    auto it = made_.find(&stage);
    if (it == made_.end()) {
      auto scratch = TRY(make(stage, all_wanted));
      it = made_.emplace(&stage, std::move(scratch)).first;
    }
    const auto* node = stage.graph->find(place.first);
    return it->second.select(place.first, partition_of(node->model->contract, place.second));
  }

 private:
  Result<Scratch> make(const Stage& stage, const std::set<Place>& all_wanted) {
    auto scratch = TRY(Scratch::open(workshop_, tenant_.id));
    Repetition repetition;
    repetition.origin = &workshop_.lake;
    repetition.landings = stage.landings;
    repetition.stamps = stage.stamps;
    repetition.wanted.emplace();
    seen_.clear();
    for (const auto& place : all_wanted) TRY(need(stage, place, scratch, *repetition.wanted));
    RunOptions options;
    options.repetition = &repetition;
    const auto report = TRY(scratch.make(stage.library, stage.tenant, options, on_event_, cancel_));
    if (report.plan.tasks.size() == repetition.wanted->size()) return scratch;
    return fail(ErrorKind::internal, "{} tables of the step {} were to be made, {} were", repetition.wanted->size(),
                name_of(stage.cause), report.plan.tasks.size());
  }

  // A place that a release shows is taken from there; else it is made, with what it reads.
  Status need(const Stage& stage, const Place& place, Scratch& scratch,
              std::map<std::pair<std::string, std::string>, std::string>& wanted) {
    const std::string fingerprint = fingerprint_in(stage, place);
    if (fingerprint.empty() || !seen_.insert(place).second) return {};
    const auto* node = stage.graph->find(place.first);
    for (auto* side : {&a_, &b_}) {
      if (fingerprint_in(side->made, place) != fingerprint) continue;
      const auto snapshot = TRY(side->tables->snapshot(place.first));
      return scratch.adopt(*node->model, side->made.find(place)->state, snapshot);
    }
    for (const auto& input : node->inputs) {
      for (const auto& [other, unused] : stage.fingerprints) {
        if (other.first == input && concerns(node->model->contract, place.second, other.second))
          TRY(need(stage, other, scratch, wanted));
      }
    }
    wanted[{place.first.text(), place.second}] = fingerprint;
    return {};
  }

  Workshop& workshop_;
  const Tenant& tenant_;
  Side& a_;
  Side& b_;
  const OnEvent& on_event_;
  const Cancel* cancel_;
  std::map<const Stage*, Scratch> made_;
  std::set<Place> seen_;
};

// The exact sums of many selects by currency and the columns asked for, in a table of the engine.
class AmountTable {
 public:
  AmountTable(duck::Connection& connection, const pack::Library& library, const Measured& measured,
              const std::vector<std::string>& by)
      : connection_(connection), library_(library), measured_(measured), by_(by) {}

  Status create() {
    for (const auto& name : by_) expressions_.push_back(TRY(expression(name)));
    std::string columns;
    for (std::size_t i = 0; i < by_.size(); ++i) columns += fmt::format("b{} varchar, ", i);
    return connection_.run(
        fmt::format("create temp table amounts (kind integer, currency varchar, {}amount {})", columns, amount_type()));
  }

  /// Adds the sums of `select` (over the measured table's columns; "" is nothing) as each of `kinds`.
  Status add(const std::vector<std::pair<int, bool>>& kinds, const std::string& select) {
    if (select.empty()) return {};
    std::string list, groups = "1";
    for (std::size_t i = 0; i < expressions_.size(); ++i) {
      list += fmt::format("{}, ", expressions_[i]);
      groups += fmt::format(", {}", i + 2);
    }
    const std::string sums = fmt::format(
        "create or replace temp table part as select coalesce(cast({} as varchar), '') as currency, {}coalesce(cast("
        "sum({}) as {}), 0) as amount from ({}) group by {}",
        measured_.currency, list, duck::name(measured_.measure), amount_type(), select, groups);
    const std::string expanded = TRY(library_.expand(sums, "duckdb", {}));
    TRY(connection_.run(expanded));
    for (const auto& [kind, minus] : kinds) {
      TRY(connection_.run(fmt::format("insert into amounts select {}, * replace ({}amount as amount) from part", kind,
                                      minus ? "-" : "")));
    }
    return {};
  }

  /// Sums a currency, and a group of it when `grouped`; those that moved most first.
  Result<std::vector<Difference::Group>> sums(bool grouped, std::int64_t limit) {
    std::string keys = "currency", group_names;
    if (grouped) {
      for (std::size_t i = 0; i < by_.size(); ++i) keys += fmt::format(", b{}", i);
    }
    std::string parts;
    for (const Cause cause : kCauses)
      parts += fmt::format(", coalesce(sum(amount) filter (where kind = {}), 0), count(*) filter (where kind = {})",
                           code_of(cause), code_of(cause));
    const std::string sql = fmt::format(
        "select {0}, coalesce(sum(amount) filter (where kind = {1}), 0) as before_sum, coalesce(sum(amount) filter "
        "(where kind = {2}), 0) as after_sum, max(kind) as newest{3} from amounts group by {0} {4} order by "
        "abs(after_sum - before_sum) desc, {0}{5}",
        keys, kBefore, kAfter, parts,
        grouped ? fmt::format("having max(kind) >= {} and (before_sum <> after_sum or {})", kFirstCause, any_part())
                : "",
        limit > 0 ? fmt::format(" limit {}", limit) : "");
    std::vector<Difference::Group> out;
    for (const auto& row : TRY(connection_.all(sql))) {
      Difference::Group group;
      std::size_t at = 0;
      group.currency = row[at++].value_or("");
      for (std::size_t i = 0; grouped && i < by_.size(); ++i) group.by.push_back(row[at++].value_or("(none)"));
      group.before = row[at++].value_or("0");
      group.after = row[at++].value_or("0");
      ++at;
      for (const Cause cause : kCauses) {
        const std::string amount = row[at++].value_or("0");
        if (row[at++].value_or("0") != "0") group.parts[cause] = amount;
      }
      out.push_back(std::move(group));
    }
    return out;
  }

  Result<std::int64_t> groups_moved() {
    std::string keys = "currency";
    for (std::size_t i = 0; i < by_.size(); ++i) keys += fmt::format(", b{}", i);
    const auto count = TRY(connection_.value(
        fmt::format("select count(*) from (select sum(amount) filter (where kind = {1}) as x from amounts group by {0} "
                    "having max(kind) >= {2} and (coalesce(sum(amount) filter (where kind = {1}), 0) <> "
                    "coalesce(sum(amount) filter (where kind = {3}), 0) or {4}))",
                    keys, kAfter, kFirstCause, kBefore, any_part())));
    return std::atoll(count.value_or("0").c_str());
  }

 private:
  // A group whose parts cancel each other out moved too.
  static std::string any_part() {
    std::string out;
    for (const Cause cause : kCauses)
      out += fmt::format("{}coalesce(sum(amount) filter (where kind = {}), 0) <> 0", out.empty() ? "" : " or ",
                         code_of(cause));
    return "(" + out + ")";
  }

  Result<std::string> expression(const std::string& name) const {
    if (const auto* column = measured_.find(name)) return fmt::format("cast({} as varchar)", duck::name(column->name));
    const auto dot = name.find('.');
    if (const auto* map = dot == std::string::npos ? nullptr : measured_.find(name.substr(0, dot));
        map != nullptr && map->type.starts_with("MAP("))
      return fmt::format("cast(cv_map_get({}, {}) as varchar)", duck::name(map->name),
                         duck::literal(name.substr(dot + 1)));
    std::string known;
    for (const auto& column : measured_.columns) known += (known.empty() ? "" : ", ") + column.name;
    return fail_hint(fmt::format("its columns: {}; a key of a map is written Tags.team", known),
                     ErrorKind::invalid_argument, "--by {}: {} has no such column", name, measured_.table.text());
  }

  std::string amount_type() const {
    const std::string& type = measured_.find(measured_.measure)->type;
    const auto comma = type.find(',');
    if (!type.starts_with("DECIMAL") || comma == std::string::npos) return "decimal(38,0)";
    return fmt::format("decimal(38,{}", type.substr(comma + 1));
  }

  duck::Connection& connection_;
  const pack::Library& library_;
  const Measured& measured_;
  const std::vector<std::string>& by_;
  std::vector<std::string> expressions_;
};

// Rows matched by what they are about: equal rows cancel, of the rest those with a partner changed.
Result<std::vector<Difference::Rows>> count_rows(duck::Connection& connection, const Measured& measured,
                                                 const std::string& period, const std::string& before,
                                                 const std::string& after) {
  std::string identity, all;
  for (const auto& name : measured.identity) identity += (identity.empty() ? "" : ", ") + duck::name(name);
  for (const auto& column : measured.columns) {
    if (!is_delivery_column(column.name)) all += (all.empty() ? "" : ", ") + duck::name(column.name);
  }
  const auto side = [&](const std::string& select) {
    return fmt::format(
        "select hash({}) as k, hash({}) as h, coalesce(cast({} as varchar), '') as c, count(*) as n, coalesce(sum({}), "
        "0) as s from ({}) group by 1, 2, 3",
        identity.empty() ? all : identity, all, measured.currency, duck::name(measured.measure), select);
  };
  const std::string sql = fmt::format(
      "with a as ({}), b as ({}), pairs as (select coalesce(a.k, b.k) as k, coalesce(a.c, b.c) as c, coalesce(a.n, 0) "
      "as na, coalesce(b.n, 0) as nb, coalesce(b.s, 0) - coalesce(a.s, 0) as moved from a full join b on a.k = b.k and "
      "a.h = b.h and a.c = b.c), things as (select k, c, sum(greatest(na - nb, 0)) as ra, sum(greatest(nb - na, 0)) "
      "as rb, sum(moved) as moved from pairs group by k, c) select c, sum(greatest(rb - ra, 0)), sum(greatest(ra - rb, "
      "0)), sum(least(ra, rb)), coalesce(sum(moved) filter (where ra = 0), 0), coalesce(sum(moved) filter (where rb = "
      "0 and ra > 0), 0), coalesce(sum(moved) filter (where ra > 0 and rb > 0), 0) from things where ra + rb > 0 "
      "group by c order by c",
      side(before), side(after));
  std::vector<Difference::Rows> out;
  for (const auto& row : TRY(connection.all(sql))) {
    Difference::Rows rows;
    rows.period = period;
    rows.currency = row[0].value_or("");
    rows.added = std::atoll(row[1].value_or("0").c_str());
    rows.removed = std::atoll(row[2].value_or("0").c_str());
    rows.changed = std::atoll(row[3].value_or("0").c_str());
    rows.added_amount = row[4].value_or("0");
    rows.removed_amount = row[5].value_or("0");
    rows.changed_amount = row[6].value_or("0");
    out.push_back(std::move(rows));
  }
  return out;
}

class Differ {
 public:
  Differ(Workshop& workshop, const Tenant& tenant, const DifferenceQuestion& question, const OnEvent& on_event,
         const Cancel* cancel)
      : workshop_(workshop), tenant_(tenant), question_(question), on_event_(on_event), cancel_(cancel) {}

  Result<Difference> run() {
    // From the older to the newer, whatever was asked: causes have a direction. Turned round at the end.
    const bool turned = question_.from > question_.to;
    a_.made.release = TRY(release(workshop_.lake.store(), tenant_.id, turned ? question_.to : question_.from));
    b_.made.release = TRY(release(workshop_.lake.store(), tenant_.id, turned ? question_.from : question_.to));
    for (auto* side : {&a_, &b_}) {
      side->made.makings = TRY(makings_of(workshop_, tenant_, side->made.release));
      side->tables = std::make_unique<ReleasedTables>(workshop_, tenant_, side->made.release);
    }
    auto measured = find_measured(workshop_.library, b_.made.release, question_.measure);
    if (!measured && measured.error().kind == ErrorKind::not_found)
      measured = find_measured(workshop_.library, a_.made.release, question_.measure);
    measured_ = TRY(std::move(measured));
    auto connection = TRY(workshop_.engine.connect());
    connection.watch(cancel_);
    AmountTable amounts(connection, workshop_.library, measured_, question_.by);
    TRY(amounts.create());
    find_places();
    for (const auto& place : same_) TRY(add_same(connection, amounts, place));
    TRY(add_moved(connection, amounts));
    TRY(tell(amounts));
    if (turned) turn();
    return std::move(out_);
  }

 private:
  // Periods of the measured tables: those that are as they were, and those that moved.
  void find_places() {
    for (const auto* model : measured_.models) {
      std::set<Place> places;
      for (const auto* side : {&a_, &b_}) {
        const auto it = side->made.makings.find(model->contract.table);
        if (it == side->made.makings.end()) continue;
        for (const auto& [period, making] : it->second) places.insert({model->contract.table, period});
      }
      for (const auto& place : places) {
        const auto period = Period::parse(place.second);
        if (question_.periods && period && !question_.periods->contains(*period)) continue;
        const auto* before = a_.made.find(place);
        const auto* after = b_.made.find(place);
        const bool same = before != nullptr && after != nullptr &&
                          before->state.fingerprint == after->state.fingerprint && before->changed_by.empty() &&
                          after->changed_by.empty();
        (same ? same_ : moved_).insert(place);
      }
    }
  }

  Result<std::string> shown(Side& side, duck::Connection& connection, const Place& place) {
    if (side.made.find(place) == nullptr) return std::string();
    const std::string select = TRY(side.tables->select(place.first, place.second));
    if (select.empty()) return select;
    return with_columns(connection, select, measured_.columns);
  }

  Status add_same(duck::Connection& connection, AmountTable& amounts, const Place& place) {
    const std::string select = TRY(shown(b_, connection, place));
    return amounts.add({{kBefore, false}, {kAfter, false}}, select);
  }

  Status add_moved(duck::Connection& connection, AmountTable& amounts) {
    // Months that were made by the same two definitions go together.
    std::map<std::pair<std::string, std::string>, std::set<Place>> groups;
    for (const auto& place : moved_) {
      const auto* before = a_.made.find(place);
      const auto* after = b_.made.find(place);
      const auto of = [](const Making* making, const Making* other) {
        return making != nullptr ? making->definition : other->definition;
      };
      groups[{of(before, after), of(after, before)}].insert(place);
    }
    for (const auto& [definitions, places] : groups)
      TRY(add_group(connection, amounts, definitions.first, definitions.second, places));
    return {};
  }

  Result<Stages> stages_for(const std::string& before, const std::string& after) {
    if (before.empty() || after.empty()) return fail(ErrorKind::not_found, "it was made before definitions were kept");
    LandingShelf shelf(workshop_.lake.store(), tenant_.id);
    const auto then = TRY(read_definition(workshop_.lake.store(), tenant_.id, before));
    const auto now = TRY(read_definition(workshop_.lake.store(), tenant_.id, after));
    const auto mask_key = TRY(mask_key_digest(workshop_.lake, tenant_.id));
    return stages_between(shelf, a_.made, then, b_.made, now, mask_key);
  }

  Status add_group(duck::Connection& connection, AmountTable& amounts, const std::string& before,
                   const std::string& after, const std::set<Place>& places) {
    const auto stages = stages_for(before, after);
    if (!stages && stages.error().kind == ErrorKind::cancelled) return fail(stages.error());
    std::set<Place> to_make;
    for (const auto& place : places) {
      if (stages && reason_joint(*stages, place).empty()) to_make.insert(place);
    }
    StageMaker maker(workshop_, tenant_, a_, b_, on_event_, cancel_);
    for (const auto& place : places) {
      Difference::Move move{place.first.text(), place.second, {}, {}};
      const std::string first = TRY(shown(a_, connection, place));
      const std::string last = TRY(shown(b_, connection, place));
      TRY(amounts.add({{kBefore, false}}, first));
      TRY(amounts.add({{kAfter, false}}, last));
      move.note = stages ? reason_joint(*stages, place) : stages.error().message;
      if (move.note.empty()) {
        const auto selects = selects_of(connection, maker, *stages, place, to_make);
        if (!selects && selects.error().kind == ErrorKind::cancelled) return fail(selects.error());
        if (selects) TRY(add_steps(amounts, *stages, place, *selects, move));
        if (!selects) move.note = selects.error().message;
      }
      if (!move.note.empty()) {
        move.causes = {Cause::joint};
        TRY(amounts.add({{code_of(Cause::joint), true}}, first));
        TRY(amounts.add({{code_of(Cause::joint), false}}, last));
        out_.reasons[Cause::joint].push_back(
            fmt::format("{}{}{}: {}", move.table, move.period.empty() ? "" : " ", move.period, move.note));
      }
      const auto rows = TRY_IN(fmt::format("compare the rows of {}", move.table),
                               count_rows(connection, measured_, place.second, or_empty(first), or_empty(last)));
      out_.rows.insert(out_.rows.end(), rows.begin(), rows.end());
      out_.moves.push_back(std::move(move));
    }
    if (stages) note_reasons(*stages);
    return {};
  }

  std::string or_empty(const std::string& select) const {
    return select.empty() ? empty_select(measured_.columns) : select;
  }

  // Why the way from one release to the other cannot be walked for this place; "" when it can.
  std::string reason_joint(const Stages& stages, const Place& place) const {
    for (const auto* made : {&a_.made, &b_.made}) {
      if (const auto* making = made->find(place); making != nullptr && !making->changed_by.empty())
        return fmt::format("its rows were changed by others: {}", making->changed_by);
    }
    if (fingerprint_in(*stages.front(), place) != fingerprint_in(a_.made, place) ||
        fingerprint_in(*stages.back(), place) != fingerprint_in(b_.made, place))
      return "it and what it reads were made by different definitions";
    return {};
  }

  // The rows of a place at every step; a step that changes nothing has those of the step before.
  Result<std::vector<std::string>> selects_of(duck::Connection& connection, StageMaker& maker, const Stages& stages,
                                              const Place& place, const std::set<Place>& to_make) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      if (i > 0 && fingerprint_in(*stages[i], place) == fingerprint_in(*stages[i - 1], place)) {
        out.push_back(out.back());
        continue;
      }
      const std::string select =
          TRY_IN(fmt::format("make {} again for the step {}", place.first.text(), name_of(stages[i]->cause)),
                 maker.select(*stages[i], place, to_make));
      out.push_back(select.empty() ? select : TRY(with_columns(connection, select, measured_.columns)));
    }
    return out;
  }

  static Status add_steps(AmountTable& amounts, const Stages& stages, const Place& place,
                          const std::vector<std::string>& selects, Difference::Move& move) {
    for (std::size_t i = 1; i < stages.size(); ++i) {
      if (fingerprint_in(*stages[i], place) == fingerprint_in(*stages[i - 1], place)) continue;
      move.causes.push_back(stages[i]->cause);
      TRY(amounts.add({{code_of(stages[i]->cause), true}}, selects[i - 1]));
      TRY(amounts.add({{code_of(stages[i]->cause), false}}, selects[i]));
    }
    return {};
  }

  void note_reasons(const Stages& stages) {
    std::set<Cause> seen;
    for (const auto& move : out_.moves) seen.insert(move.causes.begin(), move.causes.end());
    for (std::size_t i = 1; i < stages.size(); ++i) {
      if (!seen.contains(stages[i]->cause)) continue;
      auto& reasons = out_.reasons[stages[i]->cause];
      for (const auto& reason : stages[i]->reasons) {
        if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(reason);
      }
    }
  }

  Status tell(AmountTable& amounts) {
    out_.tenant = tenant_.id;
    out_.from = a_.made.release;
    out_.to = b_.made.release;
    out_.table = measured_.table.text();
    out_.measure = measured_.measure;
    out_.by = question_.by;
    out_.identity = measured_.identity;
    out_.totals = TRY(amounts.sums(false, 0));
    if (!question_.by.empty()) {
      out_.groups = TRY(amounts.sums(true, question_.limit));
      out_.groups_moved = TRY(amounts.groups_moved());
    }
    for (auto* groups : {&out_.totals, &out_.groups}) {
      for (auto& group : *groups) TRY(add_up(group));
    }
    std::sort(out_.rows.begin(), out_.rows.end(), [](const auto& x, const auto& y) {
      return std::tie(x.period, x.currency) < std::tie(y.period, y.currency);
    });
    return {};
  }

  // The change, and whether the parts make it up.
  Status add_up(Difference::Group& group) {
    const Decimal before = TRY(parse_decimal(group.before));
    const Decimal after = TRY(parse_decimal(group.after));
    const Decimal change = TRY(subtract(after, before));
    Decimal sum;
    for (const auto& [cause, text] : group.parts) {
      const Decimal part = TRY(parse_decimal(text));
      sum = TRY(add(sum, part));
    }
    group.change = change.text();
    out_.holds = out_.holds && equal(sum, change);
    return {};
  }

  void turn() {
    std::swap(out_.from, out_.to);
    const auto minus = [](std::string& text) {
      if (const auto amount = parse_decimal(text)) text = Decimal{-amount->value, amount->scale}.text();
    };
    for (auto* groups : {&out_.totals, &out_.groups}) {
      for (auto& group : *groups) {
        std::swap(group.before, group.after);
        minus(group.change);
        for (auto& [cause, text] : group.parts) minus(text);
      }
    }
    for (auto& rows : out_.rows) {
      std::swap(rows.added, rows.removed);
      std::swap(rows.added_amount, rows.removed_amount);
      for (auto* text : {&rows.added_amount, &rows.removed_amount, &rows.changed_amount}) minus(*text);
    }
  }

  Workshop& workshop_;
  const Tenant& tenant_;
  const DifferenceQuestion& question_;
  const OnEvent& on_event_;
  const Cancel* cancel_;
  Side a_, b_;
  Measured measured_;
  std::set<Place> same_, moved_;
  Difference out_;
};

}  // namespace

Result<Difference> difference(Workshop& workshop, const Tenant& tenant, const DifferenceQuestion& question,
                              const OnEvent& on_event, const Cancel* cancel) {
  return Differ(workshop, tenant, question, on_event, cancel).run();
}

}  // namespace centavo
