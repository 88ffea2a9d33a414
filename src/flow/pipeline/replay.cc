#include "flow/pipeline/replay.h"

#include <set>

#include "flow/pipeline/definition.h"
#include "flow/pipeline/making.h"
#include "flow/pipeline/released.h"
#include "flow/pipeline/scratch.h"

namespace centavo {
namespace {

using PlaceText = std::pair<std::string, std::string>;   // table, period

// Two selects over the same columns, compared as multisets.
class RowComparison {
 public:
  RowComparison(duck::Connection& connection, std::string then, std::string now)
      : connection_(connection), then_(std::move(then)), now_(std::move(now)) {}

  Status run(Replay::Line& line) {
    TRY(align());
    TRY(count(line));
    if (line.same) return {};
    line.rows_only_then = TRY(rows_only(then_, now_));
    line.rows_only_now = TRY(rows_only(now_, then_));
    // Equal multisets have equal sums of hashes, so only what differs comes here, or a type that hashes by its place.
    line.same = line.rows_only_then == 0 && line.rows_only_now == 0;
    return line.same ? Status{} : name_columns(line);
  }

 private:
  // Both sides get the columns of either in the types of then; what one lacks is null there.
  Status align() {
    const auto then = TRY(connection_.describe(then_));
    const auto now = TRY(connection_.describe(now_));
    const auto type_in = [](const std::vector<duck::Column>& columns, const std::string& name) {
      for (const auto& column : columns) {
        if (column.name == name) return column.type;
      }
      return std::string();
    };
    columns_ = then;
    for (const auto& column : now) {
      if (type_in(then, column.name).empty()) columns_.push_back(column);
    }
    const auto list = [&](const std::vector<duck::Column>& side) {
      std::string out;
      for (const auto& column : columns_) {
        const bool has = !type_in(side, column.name).empty();
        out += fmt::format("{}cast({} as {}) as {}", out.empty() ? "" : ", ", has ? duck::name(column.name) : "null",
                           column.type, duck::name(column.name));
      }
      return out;
    };
    then_ = fmt::format("select {} from ({})", list(then), then_);
    now_ = fmt::format("select {} from ({})", list(now), now_);
    return {};
  }

  std::string names() const {
    std::string out;
    for (const auto& column : columns_) out += (out.empty() ? "" : ", ") + duck::name(column.name);
    return out;
  }

  Result<std::vector<std::optional<std::string>>> one_row(const std::string& what, const std::string& side) {
    auto rows = TRY(connection_.all(fmt::format("select {} from ({})", what, side)));
    return std::move(rows.front());
  }

  Status count(Replay::Line& line) {
    const std::string what = fmt::format("count(*), sum(cast(hash({}) as hugeint))", names());
    const auto then = TRY(one_row(what, then_));
    const auto now = TRY(one_row(what, now_));
    line.rows = std::atoll(then[0].value_or("0").c_str());
    line.rows_again = std::atoll(now[0].value_or("0").c_str());
    line.same = then == now;
    return {};
  }

  Result<std::int64_t> rows_only(const std::string& a, const std::string& b) {
    const auto count = TRY(connection_.value(
        fmt::format("select count(*) from (select * from ({}) except all select * from ({}))", a, b)));
    return std::atoll(count.value_or("0").c_str());
  }

  Status name_columns(Replay::Line& line) {
    std::string hashes, sums;
    const auto numeric = [](const std::string& type) {
      return type.starts_with("DECIMAL") || type == "BIGINT" || type == "INTEGER" || type == "DOUBLE";
    };
    for (const auto& column : columns_) {
      const std::string name = duck::name(column.name);
      hashes += fmt::format("{}sum(cast(hash({}) as hugeint))", hashes.empty() ? "" : ", ", name);
      sums += fmt::format("{}{}", sums.empty() ? "" : ", ",
                          numeric(column.type) ? fmt::format("cast(sum({}) as varchar)", name) : "null");
    }
    const auto then = TRY(one_row(hashes, then_));
    const auto now = TRY(one_row(hashes, now_));
    const auto sums_then = TRY(one_row(sums, then_));
    const auto sums_now = TRY(one_row(sums, now_));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (then[i] != now[i])
        line.columns.push_back({columns_[i].name, sums_then[i].value_or(""), sums_now[i].value_or("")});
    }
    return {};
  }

  duck::Connection& connection_;
  std::string then_, now_;
  std::vector<duck::Column> columns_;
};

class Replayer {
 public:
  Replayer(Workshop& workshop, const Tenant& tenant, const OnEvent& on_event, const Cancel* cancel)
      : workshop_(workshop), tenant_(tenant), on_event_(on_event), cancel_(cancel) {}

  Result<Replay> run(std::int64_t number) {
    release_ = TRY(centavo::release(workshop_.lake.store(), tenant_.id, number));
    out_.tenant = tenant_.id;
    out_.release = release_.number;
    out_.published_ms = release_.published_ms;
    makings_ = TRY(makings_of(workshop_, tenant_, release_));
    TRY(gather());
    auto scratch = TRY(Scratch::open(workshop_, tenant_.id));
    TRY(make_again(scratch));
    TRY(compare(scratch));
    out_.same = std::all_of(out_.lines.begin(), out_.lines.end(), [](const auto& line) { return line.same; });
    return std::move(out_);
  }

 private:
  // What is to be made, from which landings and by which definitions.
  Status gather() {
    LandingShelf shelf(workshop_.lake.store(), tenant_.id);
    std::set<std::string> raw_keys;
    for (const auto& [table, makings] : makings_) {
      for (const auto& [period, making] : makings) {
        const PlaceText place{table.text(), period};
        if (!making.changed_by.empty()) {
          reasons_[place] = fmt::format("its rows were changed by others: {}", making.changed_by);
        } else if (making.definition.empty()) {
          reasons_[place] = "it was made before definitions were kept";
        } else {
          pending_[place] = making.state.fingerprint;
          newest_[making.definition] = std::max(newest_[making.definition], making.state.committed_ms);
        }
        for (const auto& held : making.landings) {
          const auto* landing = TRY_IN(place.first + " " + period, shelf.find(held.source, held.number));
          repetition_.stamps[{held.source, held.number}] = held.stamp;
          repetition_.landings.push_back(*landing);
          for (const auto& file : landing->files) raw_keys.insert(file.raw_key);
        }
      }
    }
    for (const auto& key : raw_keys) {
      if (const auto there = workshop_.lake.store().info(key); !there && there.error().kind == ErrorKind::not_found)
        return fail_hint("restore it from a backup", ErrorKind::not_found, "replay release {}: the raw file {} is gone",
                         release_.number, key);
    }
    out_.files = static_cast<std::int64_t>(raw_keys.size());
    // Landings of one table and period are in the order of their numbers, as a run reads them.
    std::sort(repetition_.landings.begin(), repetition_.landings.end(),
              [](const auto& a, const auto& b) { return std::tie(a.source, a.number) < std::tie(b.source, b.number); });
    return {};
  }

  // A release may have months that were made by older definitions: each definition makes what it makes as it was,
  // until none makes anything more.
  Status make_again(Scratch& scratch) {
    std::vector<std::pair<TimeMs, std::string>> order;
    for (const auto& [digest, time] : newest_) order.emplace_back(-time, digest);
    std::sort(order.begin(), order.end());
    const auto today = TRY(definition_now(workshop_, tenant_));
    std::set<std::string> differing;
    std::set<std::string> programs;
    for (bool progress = true; progress && !pending_.empty();) {
      progress = false;
      for (const auto& [time, digest] : order) {
        if (pending_.empty()) break;
        const std::string doing = fmt::format("replay release {}", release_.number);
        const auto definition = TRY_IN(doing, read_definition(workshop_.lake.store(), tenant_.id, digest));
        const auto library = pack::Library::from_files(definition.packs);
        if (!library) {
          return fail_within(fmt::format("{}: its packs, of program {}, cannot be read by program {}", doing,
                                         definition.program, CENTAVO_VERSION),
                             library.error());
        }
        if (const auto done = TRY_IN(doing, make_by(scratch, *library, definition)); done > 0) {
          progress = true;
          programs.insert(definition.program);
          const auto found = differences_between(definition, today);
          differing.insert(found.packs.begin(), found.packs.end());
          differing.insert(found.settings.begin(), found.settings.end());
        }
      }
    }
    out_.programs.assign(programs.begin(), programs.end());
    out_.differing.assign(differing.begin(), differing.end());
    for (const auto& [place, fingerprint] : pending_)
      reasons_[place] = "it was made of inputs that this release does not show";
    return {};
  }

  Result<int> make_by(Scratch& scratch, const pack::Library& library, const Definition& definition) {
    repetition_.origin = &workshop_.lake;
    repetition_.wanted = pending_;
    RunOptions options;
    options.repetition = &repetition_;
    const auto report = TRY(scratch.make(library, definition.tenant, options, on_event_, cancel_));
    int done = 0;
    for (const auto& task : report.plan.tasks)
      done += static_cast<int>(pending_.erase({task.table.text(), task.period}));
    return done;
  }

  Status compare(Scratch& scratch) {
    ReleasedTables released(workshop_, tenant_, release_);
    for (const auto& [table, makings] : makings_) {
      for (const auto& [period, making] : makings) {
        Replay::Line line;
        line.table = table.text();
        line.period = period;
        line.rows = making.state.rows;
        if (const auto reason = reasons_.find({line.table, period}); reason != reasons_.end()) {
          line.reason = reason->second;
        } else {
          TRY_IN(fmt::format("compare {} {}", line.table, period), compare_period(scratch, table, released, line));
        }
        out_.lines.push_back(std::move(line));
      }
    }
    return {};
  }

  Status compare_period(Scratch& scratch, const pack::TableName& table, ReleasedTables& released, Replay::Line& line) {
    const std::string then = TRY(released.select(table, line.period));
    const auto snapshot = TRY(released.snapshot(table));
    const std::string now = TRY(scratch.select(table, partition_in(snapshot, line.period)));
    if (then.empty() || now.empty()) {
      line.same = then.empty() == now.empty();
      if (!line.same) line.reason = then.empty() ? "the release has no rows of it" : "no rows came out";
      return {};
    }
    auto connection = TRY(workshop_.engine.connect());
    connection.watch(cancel_);
    return RowComparison(connection, then, now).run(line);
  }

  Workshop& workshop_;
  const Tenant& tenant_;
  const OnEvent& on_event_;
  const Cancel* cancel_;
  Release release_;
  std::map<pack::TableName, Makings> makings_;
  Repetition repetition_;
  std::map<PlaceText, std::string> pending_;  // fingerprints of what is still to be made
  std::map<PlaceText, std::string> reasons_;  // why something cannot be made
  std::map<std::string, TimeMs> newest_;  // by definition: when it was last used
  Replay out_;
};

}  // namespace

Result<Replay> replay(Workshop& workshop, const Tenant& tenant, std::int64_t release, const OnEvent& on_event,
                      const Cancel* cancel) {
  return Replayer(workshop, tenant, on_event, cancel).run(release);
}

}  // namespace centavo
