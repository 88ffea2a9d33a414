#include "lake/delta/commit.h"
#include "lake/delta/rewrite.h"

namespace centavo::delta {
namespace {

struct Merged {
  Schema schema;
  std::vector<std::string> added;
  std::vector<std::string> widened;
};

/// A struct is the same struct when names and types are: nullability and metadata are the table's own.
bool same_type(const Json& a, const Json& b) {
  if (!a.is_object() || !b.is_object()) return a == b;
  const std::string kind = text_or(a, "type");
  if (kind != text_or(b, "type")) return false;
  for (const char* key : {"elementType", "keyType", "valueType"}) {
    if (a.contains(key) != b.contains(key) || (a.contains(key) && !same_type(a[key], b[key]))) return false;
  }
  if (kind != "struct") return true;
  if (!a.contains("fields") || !b.contains("fields") || a["fields"].size() != b["fields"].size()) return false;
  for (std::size_t i = 0; i < a["fields"].size(); ++i) {
    const Json &x = a["fields"][i], &y = b["fields"][i];
    if (text_or(x, "name") != text_or(y, "name") || !same_type(x.value("type", Json()), y.value("type", Json())))
      return false;
  }
  return true;
}

Result<Merged> merge(const Schema& current, const Schema& wanted) {
  Merged merged{current, {}, {}};
  for (const Field& field : wanted.fields) {
    const Field* have = current.find(field.name);
    if (!have) {
      Field added = field;
      added.nullable = true;  // old rows have no value
      merged.schema.fields.push_back(std::move(added));
      merged.added.push_back(field.name);
    } else if (is_widening(have->type, field.type)) {
      merged.schema.fields[static_cast<std::size_t>(have - current.fields.data())].type = field.type;
      merged.widened.push_back(field.name);
    } else if (!same_type(have->type, field.type) && !is_widening(field.type, have->type)) {
      return fail_hint("give the column a new name, or cast it to the table's type", ErrorKind::invalid_argument,
                       "column {}: {} cannot become {}", have->name, have->type.dump(), field.type.dump());
    }
  }
  return merged;
}

bool needs_rewrite(const Merged& merged, const SnapshotState& base) {
  const auto& partitions = base.metadata->partition_columns;
  return std::any_of(merged.widened.begin(), merged.widened.end(), [&](const std::string& name) {
    return std::find(partitions.begin(), partitions.end(), base.schema.find(name)->name) == partitions.end();
  });
}

}  // namespace

Result<Snapshot> Table::evolve(const Snapshot& base, const Schema& wanted, CommitInfo info) {
  const std::string doing = fmt::format("evolve {}", root());
  Merged merged = TRY_IN(doing, merge(base.schema(), wanted));
  if (merged.added.empty() && merged.widened.empty()) return base;
  Change change;
  change.info = std::move(info);
  if (change.info.operation.empty()) change.info.operation = merged.widened.empty() ? "ADD COLUMNS" : "CHANGE COLUMN";
  if (!merged.added.empty()) change.info.parameters.emplace("columns", fmt::format("{}", fmt::join(merged.added, ",")));
  if (!merged.widened.empty())
    change.info.parameters.emplace("widened", fmt::format("{}", fmt::join(merged.widened, ",")));
  change.schema = merged.schema;
  TRY_IN(doing, check_new_schema(merged.schema, base.partition_columns()));

  if (needs_rewrite(merged, base.state())) {
    TRY_IN(doing, check_writable(*base.state().protocol, *base.state().metadata, base.schema()));
    change.reads_all = true;
    change.remove = TRY(base.files());
    SnapshotState wider = base.state();
    wider.schema = merged.schema;
    for (const DataFile& file : change.remove) {
      auto rewritten = rewrite_files(wider, {file});
      if (!rewritten) {
        drop_files(state_->place, change.add);
        return fail_within(doing, rewritten.error());
      }
      change.add.push_back(std::move(*rewritten));
    }
  }
  const std::vector<NewFile> written = change.add;
  const auto result = commit(base, std::move(change));
  if (!result) {
    if (result.error().kind != ErrorKind::outcome_unknown) drop_files(state_->place, written);
    return fail(result.error());
  }
  return snapshot();
}

}  // namespace centavo::delta
