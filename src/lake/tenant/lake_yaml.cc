#include "lake/tenant/lake_yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

#include "lake/tenant/names.h"

namespace centavo {
namespace {

// A node and the file it stands in, so that every message can say where.
class Item {
 public:
  Item(const YAML::Node& node, const std::string& file) : node_(node), file_(file) {}

  std::string place() const {
    const YAML::Mark mark = node_.Mark();
    return mark.line < 0 ? file_ : fmt::format("{}:{}", file_, mark.line + 1);
  }
  template <class... Args>
  tl::unexpected<Error> bad(std::string hint, fmt::format_string<Args...> format, Args&&... args) const {
    return fail_hint(std::move(hint), ErrorKind::invalid_argument, "{}: {}", place(),
                     fmt::format(format, std::forward<Args>(args)...));
  }
  Status check(Status status) const {
    if (!status) return fail_within(place(), status.error());
    return {};
  }

  Result<std::string> text(std::string_view what) const {
    if (node_.IsScalar()) return node_.Scalar();
    return bad("", "{}: expected a text", what);
  }
  Result<std::vector<Item>> items(std::string_view what) const {
    if (!node_.IsSequence()) return bad("write [a, b], or one item a line with a dash", "{}: expected a list", what);
    std::vector<Item> out;
    for (const YAML::Node& item : node_) out.emplace_back(item, file_);
    return out;
  }
  // Members in order. A key twice is a mistake: YAML would silently keep one.
  Result<std::vector<std::pair<std::string, Item>>> members(std::string_view what) const {
    if (!node_.IsMap()) return bad("write name: value, one a line", "{}: expected name: value pairs", what);
    std::vector<std::pair<std::string, Item>> out;
    for (const auto& entry : node_) {
      const Item key(entry.first, file_);
      const std::string name = TRY(key.text("a name"));
      for (const auto& [other, item] : out) {
        if (other == name) return key.bad("keep one of them", "\"{}\" is there twice", name);
      }
      out.emplace_back(name, Item(entry.second, file_));
    }
    return out;
  }

  Result<double> number(std::string_view what) const {
    const std::string value = TRY(text(what));
    double out = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (code != std::errc() || end != value.data() + value.size())
      return bad("", "{}: \"{}\" is not a number", what, value);
    return out;
  }
  Result<int> count(std::string_view what) const {
    const std::string value = TRY(text(what));
    int out = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (code != std::errc() || end != value.data() + value.size() || out < 0) {
      return bad("", "{}: \"{}\" is not a whole number of 0 or more", what, value);
    }
    return out;
  }
  Result<bool> truth(std::string_view what) const {
    const std::string value = TRY(text(what));
    if (value == "true" || value == "yes") return true;
    if (value == "false" || value == "no") return false;
    return bad("write true or false", "{}: \"{}\" is neither true nor false", what, value);
  }
  // "4GB", "512 MiB", "1000000"
  Result<std::int64_t> bytes(std::string_view what) const {
    const std::string value = TRY(text(what));
    double amount = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), amount);
    std::string_view unit(end, static_cast<std::size_t>(value.data() + value.size() - end));
    while (unit.starts_with(' ')) unit.remove_prefix(1);
    static const std::map<std::string_view, double> units = {
        {"", 1},      {"B", 1},        {"kB", 1e3},     {"KB", 1e3},     {"MB", 1e6},    {"GB", 1e9},
        {"TB", 1e12}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};
    const auto found = units.find(unit);
    if (code != std::errc() || found == units.end() || !(amount >= 0) || amount * found->second > 1e18) {
      return bad("write it as 4GB or 512MiB", "{}: \"{}\" is not a size", what, value);
    }
    return static_cast<std::int64_t>(amount * found->second);
  }

 private:
  YAML::Node node_;
  const std::string& file_;
};

// yaml-cpp throws; this is where it ends.
template <class T, class Read>
Result<T> read_yaml(std::string_view yaml, const std::string& file, Read read) {
  try {
    const YAML::Node node = YAML::Load(std::string(yaml));
    return read(Item(node, file));
  } catch (const YAML::Exception& e) {
    const int line = e.mark.line < 0 ? 1 : e.mark.line + 1;
    return fail(ErrorKind::invalid_argument, "{}:{}: not YAML: {}", file, line, e.msg);
  } catch (const std::exception& e) {
    return fail(ErrorKind::invalid_argument, "{}: not YAML: {}", file, e.what());
  }
}

tl::unexpected<Error> unknown(const Item& item, std::string_view name, std::string_view allowed) {
  return item.bad(fmt::format("known here: {}", allowed), "unknown key \"{}\"", name);
}

Result<TenantSource> read_source(const Item& item) {
  TenantSource out;
  for (const auto& [key, value] : TRY(item.members("a source"))) {
    if (key == "name") {
      out.name = TRY(value.text(key));
      TRY(value.check(check_id("source", out.name)));
    } else if (key == "kind") {
      out.kind = TRY(value.text(key));
      TRY(value.check(check_id("kind", out.kind)));
    } else if (key == "uri") {
      out.uri = TRY(value.text(key));
      TRY(value.check(check_uri(out.uri)));
    } else if (key == "sla_hours") {
      out.sla_hours = TRY(value.number(key));
      TRY(value.check(check_hours(key, out.sla_hours)));
    } else {
      return unknown(value, key, "name, kind, uri, sla_hours");
    }
  }
  if (out.kind.empty())
    return item.bad("say which kind of source of a pack it is, such as kind: focus_files", "a source without kind");
  if (out.uri.empty()) return item.bad("say where its files are", "a source without uri");
  if (out.name.empty()) out.name = out.kind;
  return out;
}

Result<std::map<std::string, std::string>> read_texts(const Item& item, std::string_view what) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : TRY(item.members(what))) out[key] = TRY(value.text(key));
  return out;
}

Status read_tenant_key(const std::string& key, const Item& value, Tenant& out) {
  if (key == "id") {
    out.id = TRY(value.text(key));
    return value.check(check_id("tenant", out.id));
  }
  if (key == "name") {
    out.name = TRY(value.text(key));
    return value.check(check_free_text(key, out.name));
  }
  if (key == "currency") {
    out.currency = TRY(value.text(key));
    return value.check(check_currency(out.currency));
  }
  if (key == "sla_hours") {
    out.sla_hours = TRY(value.number(key));
    return value.check(check_hours(key, out.sla_hours));
  }
  if (key == "packs") {
    for (const Item& pack : TRY(value.items(key))) {
      out.packs.push_back(TRY(pack.text("a pack")));
      TRY(pack.check(check_id("pack", out.packs.back())));
    }
    return {};
  }
  if (key == "sources") {
    for (const Item& item : TRY(value.items(key))) {
      const TenantSource source = TRY(read_source(item));
      for (const TenantSource& other : out.sources) {
        if (other.name == source.name)
          return item.bad("give one of them another name", "two sources are called {}", source.name);
      }
      out.sources.push_back(source);
    }
    return {};
  }
  if (key == "enabled") {
    out.enabled = TRY(value.truth(key));
  } else if (key == "retention_days") {
    out.retention_days = TRY(value.count(key));
  } else if (key == "parameters") {
    out.parameters = TRY(read_texts(value, key));
    for (const auto& [name, text] : out.parameters) TRY(value.check(check_parameter_name(name)));
  } else if (key == "labels") {
    out.labels = TRY(read_texts(value, key));
  } else {
    return unknown(value, key,
                   "id, name, currency, sla_hours, enabled, retention_days, packs, sources, parameters, labels");
  }
  return {};
}

void emit(YAML::Emitter& out, const char* key, const std::map<std::string, std::string>& texts) {
  if (texts.empty()) return;
  out << YAML::Key << key << YAML::Value << YAML::BeginMap;
  for (const auto& [name, text] : texts) {
    out << YAML::Key << YAML::DoubleQuoted << name << YAML::Value << YAML::DoubleQuoted << text;
  }
  out << YAML::EndMap;
}

}  // namespace

Result<Tenant> parse_tenant(std::string_view yaml, const std::string& file) {
  return read_yaml<Tenant>(yaml, file, [](const Item& item) -> Result<Tenant> {
    Tenant out;
    for (const auto& [key, value] : TRY(item.members("a tenant"))) TRY(read_tenant_key(key, value, out));
    if (out.id.empty()) return item.bad("write id: and a name of lower-case letters", "the tenant has no id");
    TRY(item.check(validate(out)));
    return out;
  });
}

std::string to_yaml(const Tenant& tenant) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "id" << YAML::Value << tenant.id;
  if (!tenant.name.empty()) out << YAML::Key << "name" << YAML::Value << YAML::DoubleQuoted << tenant.name;
  out << YAML::Key << "currency" << YAML::Value << tenant.currency;
  out << YAML::Key << "sla_hours" << YAML::Value << fmt::format("{}", tenant.sla_hours);
  if (!tenant.enabled) out << YAML::Key << "enabled" << YAML::Value << "false";
  if (tenant.retention_days != 0) out << YAML::Key << "retention_days" << YAML::Value << tenant.retention_days;
  if (!tenant.packs.empty()) out << YAML::Key << "packs" << YAML::Value << YAML::Flow << tenant.packs;
  if (!tenant.sources.empty()) {
    out << YAML::Key << "sources" << YAML::Value << YAML::BeginSeq;
    for (const TenantSource& source : tenant.sources) {
      out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << source.name;
      out << YAML::Key << "kind" << YAML::Value << source.kind;
      out << YAML::Key << "uri" << YAML::Value << YAML::DoubleQuoted << source.uri;
      if (source.sla_hours > 0) out << YAML::Key << "sla_hours" << YAML::Value << fmt::format("{}", source.sla_hours);
      out << YAML::EndMap;
    }
    out << YAML::EndSeq;
  }
  emit(out, "parameters", tenant.parameters);
  emit(out, "labels", tenant.labels);
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

Result<LakeConfig> parse_lake_config(std::string_view yaml, const std::string& file) {
  return read_yaml<LakeConfig>(yaml, file, [](const Item& item) -> Result<LakeConfig> {
    LakeConfig out;
    const auto members = TRY(item.members("a lake"));
    const auto format = std::find_if(members.begin(), members.end(), [](const auto& m) { return m.first == "format"; });
    if (format == members.end()) return item.bad("write format: 1", "the lake does not say its format");
    out.format = TRY(format->second.count("format"));
    if (out.format > kLakeFormat) {
      return fail_hint("use a newer program", ErrorKind::unsupported,
                       "{}: this lake has format {}; this centavo reads up to {}", item.place(), out.format,
                       kLakeFormat);
    }
    if (out.format < 1) return format->second.bad("write format: 1", "there is no format {}", out.format);
    for (const auto& [key, value] : members) {
      if (key == "name") {
        out.name = TRY(value.text(key));
        TRY(value.check(check_free_text(key, out.name)));
      } else if (key == "memory_limit") {
        out.memory_limit_bytes = TRY(value.bytes(key));
      } else if (key == "threads") {
        out.threads = TRY(value.count(key));
      } else if (key != "format") {
        return unknown(value, key, "format, name, memory_limit, threads");
      }
    }
    return out;
  });
}

std::string to_yaml(const LakeConfig& config) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "format" << YAML::Value << config.format;
  if (!config.name.empty()) out << YAML::Key << "name" << YAML::Value << YAML::DoubleQuoted << config.name;
  if (config.memory_limit_bytes > 0) out << YAML::Key << "memory_limit" << YAML::Value << config.memory_limit_bytes;
  if (config.threads > 0) out << YAML::Key << "threads" << YAML::Value << config.threads;
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace centavo
