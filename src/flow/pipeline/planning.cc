#include "flow/pipeline/planning.h"

#include "base/digest.h"

namespace centavo {
namespace {

using pack::TableName;

std::string digest_of_inputs(const std::string& inputs) { return sha256_hex(inputs).substr(0, 40); }

// A fingerprint is "<model>.<parameters>.<inputs>": equal text, equal rows. The parts tell why it changed.
std::string fingerprint_of(const std::string& model, const std::string& parameters, const std::string& inputs) {
  return fmt::format("{}.{}.{}", model.substr(0, 16), sha256_hex(parameters).substr(0, 8), digest_of_inputs(inputs));
}

std::string parameters_text(const SqlValues& values) {
  std::string out;
  for (const auto& [name, value] : values) out += fmt::format("{}={}\n", name, value);
  return out;
}

std::string why(const std::string& recorded, const std::string& wanted, const std::string& input_words) {
  if (recorded.empty()) return "new: never made";
  const auto part = [](const std::string& text, int index) {
    std::size_t from = 0;
    for (int i = 0; i < index; ++i) from = std::min(text.find('.', from), text.size() - 1) + 1;
    return text.substr(from, text.find('.', from) - from);
  };
  if (part(recorded, 0) != part(wanted, 0)) return "its definition changed";
  if (part(recorded, 1) != part(wanted, 1)) return "a parameter changed";
  return input_words;
}

// The periods that other tables give a model; {""} for a table without periods.
std::set<std::string> periods_of(const Node& node, const Fingerprints& made) {
  std::set<std::string> out;
  for (const auto& giver : node.periods_of) {
    const auto it = made.find(giver);
    if (it == made.end()) continue;
    for (const auto& [period, fingerprint] : it->second) {
      if (!node.is_periodic()) out.insert("");
      if (node.is_periodic() && !period.empty()) out.insert(period);
    }
  }
  return out;
}

std::string inputs_text(const Node& node, const std::string& period, const Fingerprints& made) {
  std::string out;
  for (const auto& input : node.inputs) {
    out += input.text() + "\n";
    const auto it = made.find(input);
    if (it == made.end()) continue;
    for (const auto& [input_period, fingerprint] : it->second) {
      if (concerns(node.model->contract, period, input_period))
        out += fmt::format("{} {}\n", input_period, fingerprint);
    }
  }
  return out;
}

class Planner {
 public:
  Planner(const PlanInput& input, const RunOptions& options) : in_(input), options_(options) {}

  Result<Plan> plan() {
    TRY(read_selection());
    // What a repetition takes over is there, though what it was made of is not.
    if (options_.repetition != nullptr) effective_ = in_.recorded;
    for (const auto& node : in_.graph.nodes()) {
      if (!node.feeds.empty()) {
        plan_landed(node);
      } else {
        plan_model(node);
      }
    }
    return std::move(plan_);
  }

 private:
  Status read_selection() {
    for (const auto& text : options_.select) {
      const TableName table = TRY(pack::parse_table_name(text));
      if (in_.graph.find(table) == nullptr) {
        return fail_hint("`centavo lineage` lists the tables", ErrorKind::invalid_argument,
                         "--select {}: this tenant has no such table", text);
      }
      for (const auto& name : in_.graph.with_inputs(table)) selected_.insert(name);
    }
    return {};
  }

  bool wanted(const TableName& table, const std::string& period, const std::string& fingerprint) const {
    if (options_.repetition != nullptr && options_.repetition->wanted) {
      const auto it = options_.repetition->wanted->find({table.text(), period});
      if (it == options_.repetition->wanted->end() || it->second != fingerprint) return false;
    }
    if (!selected_.empty() && !selected_.contains(table)) return false;
    if (!options_.periods || period.empty()) return true;
    const auto parsed = Period::parse(period);
    return parsed && options_.periods->contains(*parsed);
  }

  std::string recorded(const TableName& table, const std::string& period) const {
    const auto it = in_.recorded.find(table);
    if (it == in_.recorded.end()) return {};
    const auto at = it->second.find(period);
    return at == it->second.end() ? std::string() : at->second;
  }

  static std::string reason_of(const std::string& has, const std::string& wanted, const std::string& input_words) {
    return has == wanted ? "asked for in full" : why(has, wanted, input_words);
  }

  // Decides about one table and period; what will be there afterwards goes to effective_.
  void decide(const Node& node, const std::string& period, const std::string& fingerprint,
              const std::string& input_words) {
    const TableName& table = node.model->contract.table;
    const std::string has = recorded(table, period);
    if (has == fingerprint && !options_.full) {
      effective_[table][period] = has;
      ++plan_.up_to_date;
      return;
    }
    const bool closed = in_.closed.contains(period);
    if (!wanted(table, period, fingerprint) || closed) {
      if (!has.empty()) effective_[table][period] = has;
      if (closed) plan_.withheld.push_back({table, period, fingerprint, reason_of(has, fingerprint, input_words), {}});
      return;
    }
    Task task;
    task.table = table;
    task.period = period;
    task.fingerprint = fingerprint;
    task.reason = reason_of(has, fingerprint, input_words);
    for (std::size_t i = 0; i < plan_.tasks.size(); ++i) {
      const Task& other = plan_.tasks[i];
      const bool input = std::find(node.inputs.begin(), node.inputs.end(), other.table) != node.inputs.end();
      if (input && concerns(node.model->contract, period, other.period)) task.after.push_back(i);
    }
    effective_[table][period] = fingerprint;
    plan_.tasks.push_back(std::move(task));
  }

  // Periods that a table holds as recorded.
  std::map<std::string, std::string> recorded_periods(const TableName& table) const {
    const auto it = in_.recorded.find(table);
    return it == in_.recorded.end() ? std::map<std::string, std::string>{} : it->second;
  }

  void plan_landed(const Node& node) {
    const TableName& table = node.model->contract.table;
    std::string definition = in_.library.digest(*node.model);
    std::set<std::string> kinds;  // one more source of a kind changes no rows of the others
    for (const auto& feed : node.feeds) kinds.insert(in_.library.digest(*feed.kind));
    for (const auto& kind : kinds) definition += kind;
    definition = sha256_hex(definition);
    const auto all = landings_of(in_.landings, table);
    // What no source brings any more stays, unless the source was removed: then its rows go.
    for (const auto& [period, fingerprint] : recorded_periods(table)) {
      const bool brought = std::any_of(all.begin(), all.end(), [&](const auto* landing) {
        return !node.is_periodic() || landing->period == period;
      });
      if (brought) continue;
      if (!in_.left.contains({table, period})) {
        effective_[table][period] = fingerprint;
        continue;
      }
      const std::size_t tasks = plan_.tasks.size();
      decide(node, period, fingerprint_of(definition, "", ""), {});
      if (plan_.tasks.size() > tasks) plan_.tasks.back().reason = "its source was removed";
    }
    if (all.empty()) return;
    if (!node.is_periodic()) {
      std::string content;
      for (const auto* landing : landings_without_period(in_.landings, node.model->contract))
        content += landing->content_digest();
      decide(node, "", fingerprint_of(definition, "", content), "new files landed");
      return;
    }
    std::set<std::string> periods;
    for (const auto* landing : all) periods.insert(landing->period);
    for (const auto& period : periods) {
      std::string content, words;
      for (const auto* landing : current_landings(in_.landings, table, period)) {
        content += landing->content_digest();
        words = fmt::format("restated: landing {} of {}{}", landing->number, landing->source,
                            landing->delivery.empty() ? "" : fmt::format(" ({})", landing->delivery));
      }
      decide(node, period, fingerprint_of(definition, "", content), words);
    }
  }

  void plan_model(const Node& node) {
    const std::string definition = node.rules != nullptr ? std::string() : in_.library.digest(*node.model);
    auto periods = periods_of(node, effective_);
    for (const auto& [period, fingerprint] : recorded_periods(node.model->contract.table)) {
      if (in_.left_periods.contains(period)) periods.insert(period);
    }
    std::string parameters = parameters_text(node.own_parameters);
    if (node.masks()) parameters += "mask key=" + in_.mask_key + "\n";
    for (const auto& period : periods) {
      std::string changed;
      for (const auto& input : node.inputs) {
        for (const auto& [input_period, fingerprint] : effective_[input]) {
          if (concerns(node.model->contract, period, input_period) && fingerprint != recorded(input, input_period))
            changed = input.text();
        }
      }
      const std::string own = node.rules != nullptr ? in_.library.digest(node.model_in(period)) : definition;
      decide(node, period, fingerprint_of(own, parameters, inputs_text(node, period, effective_)),
             changed.empty() ? "an input changed" : fmt::format("{} changed", changed));
    }
  }

  const PlanInput& in_;
  const RunOptions& options_;
  std::set<TableName> selected_;
  Fingerprints effective_;
  Plan plan_;
};

}  // namespace

Result<std::string> mask_key_digest(Lake& lake, std::string_view tenant) {
  const auto key = TRY(lake.mask_key_there_is(tenant));
  return key ? sha256_hex(*key) : std::string();
}

Result<Plan> make_plan(const PlanInput& input, const RunOptions& options) { return Planner(input, options).plan(); }

bool tables_agree(const Graph& graph, const Fingerprints& recorded) {
  for (const auto& node : graph.nodes()) {
    if (!node.feeds.empty()) continue;
    const auto own = recorded.find(node.model->contract.table);
    for (const auto& period : periods_of(node, recorded)) {
      if (own == recorded.end()) return false;
      const auto it = own->second.find(period);
      if (it == own->second.end() || !it->second.ends_with("." + digest_of_inputs(inputs_text(node, period, recorded))))
        return false;
    }
  }
  return true;
}

std::vector<const Landing*> landings_of(const std::vector<Landing>& landings, const TableName& table) {
  std::vector<const Landing*> out;
  for (const auto& landing : landings) {
    if (landing.table == table.text()) out.push_back(&landing);
  }
  return out;
}

std::vector<const Landing*> landings_without_period(const std::vector<Landing>& landings,
                                                    const pack::Contract& contract) {
  if (contract.write != pack::WriteMode::append) return current_landings(landings, contract.table, "");
  auto out = landings_of(landings, contract.table);
  std::stable_sort(out.begin(), out.end(), [](const Landing* a, const Landing* b) {
    return std::tie(a->landed_ms, a->source, a->number) < std::tie(b->landed_ms, b->source, b->number);
  });
  return out;
}

std::optional<std::size_t> landings_held(const std::string& recorded, const std::string& wanted,
                                         const std::vector<const Landing*>& landings) {
  const std::string definition = wanted.substr(0, wanted.rfind('.') + 1);
  if (!recorded.starts_with(definition)) return std::nullopt;
  std::string content;
  for (std::size_t i = 0; i < landings.size(); ++i) {
    content += landings[i]->content_digest();
    if (recorded == definition + digest_of_inputs(content)) return i + 1;
  }
  return std::nullopt;
}

std::vector<const Landing*> current_landings(const std::vector<Landing>& landings, const TableName& table,
                                             std::string_view period) {
  std::map<std::string, const Landing*> by_source;
  for (const auto* landing : landings_of(landings, table)) {
    if (landing->period == period) by_source[landing->source] = landing;
  }
  std::vector<const Landing*> out;
  for (const auto& [source, landing] : by_source) out.push_back(landing);
  return out;
}

}  // namespace centavo
