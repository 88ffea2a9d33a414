#include "flow/pipeline/stages.h"

#include <algorithm>

#include "flow/pipeline/planning.h"

namespace centavo {
namespace {

// A bronze table's period as one source fills it. A table without periods has all its landings in one place.
struct Slice {
  std::string table, period, source;
  auto operator<=>(const Slice&) const = default;
};

// The landings that each slice consists of, in order.
using Slices = std::map<Slice, std::vector<std::pair<const Landing*, Stamp>>>;

Result<Slices> slices_of(LandingShelf& shelf, const MadeRelease& made) {
  Slices out;
  for (const auto& [table, makings] : made.makings) {
    for (const auto& [period, making] : makings) {
      for (const auto& held : making.landings) {
        const auto* landing =
            TRY_IN(fmt::format("release {}", made.release.number), shelf.find(held.source, held.number));
        out[{table.text(), period, held.source}].emplace_back(landing, held.stamp);
      }
    }
  }
  return out;
}

bool same_landings(const Slices::mapped_type& a, const Slices::mapped_type& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first->number == y.first->number; });
}

// The step that brings a slice from what it was to what it is.
Cause cause_of_slice(const pack::Library& library, const Slices::mapped_type* before,
                     const Slices::mapped_type* after) {
  if (after == nullptr || after->empty()) {
    const Landing& gone = *before->front().first;
    const Cause kind = cause_of_landing(library, nullptr, gone);
    return kind == Cause::new_data ? Cause::restated_data : kind;
  }
  if (before == nullptr || before->empty()) return cause_of_landing(library, nullptr, *after->back().first);
  const bool grew = after->size() > before->size() &&
                    std::equal(before->begin(), before->end(), after->begin(),
                               [](const auto& x, const auto& y) { return x.first->number == y.first->number; });
  return cause_of_landing(library, grew ? nullptr : before->back().first, *after->back().first);
}

// Packs of `first`, and those that only `second` has.
std::map<std::string, pack::PackFiles> merged(std::map<std::string, pack::PackFiles> first,
                                              const std::map<std::string, pack::PackFiles>& second) {
  first.insert(second.begin(), second.end());
  return first;
}

Result<pack::Library> library_of(const Definition& definition, const std::map<std::string, pack::PackFiles>& packs) {
  auto library = pack::Library::from_files(packs);
  if (library) return library;
  return fail_within(
      fmt::format("the packs of program {} cannot be read by program {}", definition.program, CENTAVO_VERSION),
      library.error());
}

bool knows_all_sources(const Definition& definition, const std::vector<TenantSource>& sources) {
  const auto library = pack::Library::from_files(definition.packs);
  return library && std::all_of(sources.begin(), sources.end(),
                                [&](const auto& source) { return library->source(source.kind) != nullptr; });
}

Status plan_stage(Stage& stage, const std::string& mask_key) {
  stage.graph = std::make_unique<Graph>(TRY(Graph::of(stage.library, stage.tenant)));
  const auto plan = TRY(make_plan({*stage.graph, stage.library, stage.landings, {}, mask_key, {}, {}, {}}, {}));
  for (const auto& task : plan.tasks) stage.fingerprints[{task.table, task.period}] = task.fingerprint;
  return {};
}

class StageBuilder {
 public:
  StageBuilder(const Definition& a, const Definition& b, Slices slices_a, Slices slices_b, const std::string& mask_key)
      : a_(a), b_(b), slices_a_(std::move(slices_a)), slices_b_(std::move(slices_b)), mask_key_(mask_key) {}

  Result<Stages> build() {
    Stages out;
    out.push_back(TRY(stage(Cause::joint, a_, a_.packs, a_.tenant)));
    // Sources come and go with their data; a pack that is gone is still needed by a source of then.
    auto packs = b_.packs;
    if (!knows_all_sources(b_, a_.tenant.sources)) packs = merged(packs, a_.packs);
    Tenant tenant = a_.tenant;
    tenant.packs = b_.tenant.packs;
    drop_unknown_parameters(tenant, packs);
    out.push_back(TRY(stage(Cause::program, b_, packs, tenant)));
    tenant = b_.tenant;
    tenant.sources = a_.tenant.sources;
    out.push_back(TRY(stage(Cause::rules, b_, packs, tenant)));
    out.push_back(TRY(stage(Cause::rates, b_, packs, with_sources(tenant, Cause::rates))));
    out.push_back(TRY(stage(Cause::restated_data, b_, packs, with_sources(tenant, Cause::restated_data))));
    out.push_back(TRY(stage(Cause::new_data, b_, b_.packs, b_.tenant)));
    const auto found = differences_between(a_, b_);
    out[1]->reasons = found.packs;
    out[2]->reasons.insert(out[2]->reasons.begin(), found.settings.begin(), found.settings.end());
    return out;
  }

 private:
  // A parameter that the packs no longer declare decides nothing any more.
  static void drop_unknown_parameters(Tenant& tenant, const std::map<std::string, pack::PackFiles>& packs) {
    const auto library = pack::Library::from_files(packs);
    if (!library) return;
    std::erase_if(tenant.parameters, [&](const auto& parameter) {
      return std::none_of(library->packs().begin(), library->packs().end(),
                          [&](const auto& pack) { return library->parameter(pack.first, parameter.first) != nullptr; });
    });
  }

  // Sources of rates and rules are there from their step on, those that went leave with restated data.
  Tenant with_sources(Tenant tenant, Cause step) const {
    const auto has = [](const std::vector<TenantSource>& sources, const std::string& name) {
      return std::any_of(sources.begin(), sources.end(), [&](const auto& source) { return source.name == name; });
    };
    for (const auto& source : b_.tenant.sources) {
      if (has(tenant.sources, source.name)) continue;
      for (const auto& [slice, landings] : slices_b_) {
        if (slice.source != source.name || cause_of(slice) > step) continue;
        tenant.sources.push_back(source);
        break;
      }
    }
    if (step >= Cause::restated_data)
      std::erase_if(tenant.sources, [&](const auto& source) { return !has(b_.tenant.sources, source.name); });
    return tenant;
  }

  static std::string reason_of(const Slice& slice, const Landing* landing) {
    const std::string what = fmt::format("{}{}{}", slice.table, slice.period.empty() ? "" : " ", slice.period);
    if (landing == nullptr) return fmt::format("{} of source {} is gone", what, slice.source);
    return fmt::format("{}: landing {} of {}{}", what, landing->number, slice.source,
                       landing->delivery.empty() ? "" : fmt::format(" ({})", landing->delivery));
  }

  Cause cause_of(const Slice& slice) const {
    const auto before = slices_a_.find(slice);
    const auto after = slices_b_.find(slice);
    return cause_of_slice(*library_b_, before == slices_a_.end() ? nullptr : &before->second,
                          after == slices_b_.end() ? nullptr : &after->second);
  }

  Result<std::unique_ptr<Stage>> stage(Cause cause, const Definition& definition,
                                       const std::map<std::string, pack::PackFiles>& packs, Tenant tenant) {
    auto library = TRY(library_of(definition, packs));
    if (!library_b_) library_b_ = TRY(library_of(b_, merged(b_.packs, a_.packs)));
    auto out = std::make_unique<Stage>(Stage{cause, std::move(library), std::move(tenant), {}, {}, nullptr, {}, {}});
    const bool first = cause == Cause::joint;
    std::map<Slice, bool> all;
    for (const auto* side : {&slices_a_, &slices_b_}) {
      for (const auto& [slice, landings] : *side) all[slice] = true;
    }
    for (const auto& [slice, there] : all) {
      const auto before = slices_a_.find(slice);
      const auto after = slices_b_.find(slice);
      const bool both = before != slices_a_.end() && after != slices_b_.end();
      const bool moved = !both || !same_landings(before->second, after->second);
      const bool taken = !first && (!moved || cause_of(slice) <= cause);
      if (!first && moved && cause_of(slice) == cause)
        out->reasons.push_back(reason_of(slice, after == slices_b_.end() ? nullptr : after->second.back().first));
      const auto& from = taken ? slices_b_ : slices_a_;
      const auto it = from.find(slice);
      if (it == from.end()) continue;
      for (const auto& [landing, stamp] : it->second) {
        out->landings.push_back(*landing);
        out->stamps[{landing->source, landing->number}] = stamp;
      }
    }
    std::sort(out->landings.begin(), out->landings.end(),
              [](const auto& x, const auto& y) { return std::tie(x.source, x.number) < std::tie(y.source, y.number); });
    TRY(plan_stage(*out, mask_key_));
    return out;
  }

  const Definition& a_;
  const Definition& b_;
  Slices slices_a_, slices_b_;
  const std::string& mask_key_;
  std::optional<pack::Library> library_b_;   // with the packs that only a has
};

}  // namespace

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::program: return "program";
    case Cause::rules: return "rules";
    case Cause::rates: return "rates";
    case Cause::restated_data: return "restated_data";
    case Cause::new_data: return "new_data";
    case Cause::joint: return "joint";
  }
  return "joint";
}

const Making* MadeRelease::find(const Place& place) const {
  const auto table = makings.find(place.first);
  if (table == makings.end()) return nullptr;
  const auto it = table->second.find(place.second);
  return it == table->second.end() ? nullptr : &it->second;
}

Cause cause_of_landing(const pack::Library& library, const Landing* before, const Landing& after) {
  const auto table = pack::parse_table_name(after.table);
  const auto* model = table ? library.model(*table) : nullptr;
  if (model != nullptr && model->contract.cause == "rates") return Cause::rates;
  if (model != nullptr && model->contract.cause == "rules") return Cause::rules;
  if (before == nullptr) return Cause::new_data;
  const bool all_still_there = std::all_of(before->files.begin(), before->files.end(), [&](const auto& file) {
    return std::any_of(after.files.begin(), after.files.end(),
                       [&](const auto& other) { return other.digest == file.digest; });
  });
  return all_still_there ? Cause::new_data : Cause::restated_data;
}

Result<Stages> stages_between(LandingShelf& shelf, const MadeRelease& a, const Definition& definition_a,
                              const MadeRelease& b, const Definition& definition_b, const std::string& mask_key) {
  auto slices_a = TRY(slices_of(shelf, a));
  auto slices_b = TRY(slices_of(shelf, b));
  return StageBuilder(definition_a, definition_b, std::move(slices_a), std::move(slices_b), mask_key).build();
}

}  // namespace centavo
