#include "flow/pipeline/definition.h"

#include <functional>
#include <set>

#include "base/digest.h"
#include "flow/pipeline/graph.h"

namespace centavo {
namespace {

constexpr int kDefinitionFormat = 1;

std::string key_of(std::string_view tenant, const std::string& digest) {
  return fmt::format("{}/{}.json", Lake::definitions_root(tenant), digest);
}

// Writes a document under the digest of its bytes, once.
Result<std::string> keep(Store& store, std::string_view tenant, const Json& document) {
  const std::string text = document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::string digest = sha256_hex(text);
  const std::string key = key_of(tenant, digest);
  if (store.info(key)) return digest;
  const Status written = store.write_if_absent(key, text);
  if (!written && written.error().kind != ErrorKind::already_exists) return fail_within("keep " + key, written.error());
  return digest;
}

Result<Json> read_document(Store& store, std::string_view tenant, const std::string& digest) {
  const std::string key = key_of(tenant, digest);
  const std::string text = TRY(store.read(key));
  if (sha256_hex(text) != digest)
    return fail(ErrorKind::corrupt_data, "{}: its bytes are not those that were kept under this name", key);
  const Json json = TRY_IN(key, parse_json(text));
  if (!json.is_object()) return fail(ErrorKind::corrupt_data, "{}: not an object", key);
  if (int_or(json, "format") > kDefinitionFormat) {
    return fail_hint("use a newer program", ErrorKind::unsupported,
                     "{}: a definition of format {}; this centavo reads up to {}", key, int_or(json, "format"),
                     kDefinitionFormat);
  }
  return json;
}

// Packs that decide something for the tenant: those of its tables and sources, what they require, and core.
std::set<std::string> packs_needed(const pack::Library& library, const Tenant& tenant, const Graph& graph) {
  std::set<std::string> out = {"core"};
  const std::function<void(const std::string&)> add = [&](const std::string& name) {
    const auto it = library.packs().find(name);
    if (it == library.packs().end() || !out.insert(name).second) return;
    for (const auto& required : it->second.requires_packs) add(required);
  };
  for (const auto& name : tenant.packs) add(name);
  for (const auto& source : tenant.sources) {
    if (const auto* kind = library.source(source.kind)) add(kind->pack);
  }
  for (const auto& node : graph.nodes()) add(node.model->contract.pack);
  return out;
}

const std::string* find(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto it = map.find(key);
  return it == map.end() ? nullptr : &it->second;
}

template <class... Maps>
std::set<std::string> keys_of(const Maps&... maps) {
  std::set<std::string> out;
  const auto add = [&](const auto& map) {
    for (const auto& [key, value] : map) out.insert(key);
  };
  (add(maps), ...);
  return out;
}

}  // namespace

DefinitionDifferences differences_between(const Definition& then, const Definition& now) {
  DefinitionDifferences out;
  for (const auto& name : keys_of(then.packs, now.packs)) {
    const auto before = then.packs.find(name);
    const auto after = now.packs.find(name);
    if (before == then.packs.end() || after == now.packs.end()) {
      out.packs.push_back(fmt::format("pack {} {}", name, before == then.packs.end() ? "is new" : "is gone"));
      continue;
    }
    for (const auto& path : keys_of(before->second, after->second)) {
      const auto* text = find(before->second, path);
      const auto* other = find(after->second, path);
      if (text == nullptr || other == nullptr || *text != *other)
        out.packs.push_back(fmt::format("pack {}: {}", name, path));
    }
  }
  for (const auto& name : keys_of(then.tenant.parameters, now.tenant.parameters)) {
    const auto* before = find(then.tenant.parameters, name);
    const auto* after = find(now.tenant.parameters, name);
    if (before != nullptr && after != nullptr && *before == *after) continue;
    const std::string unset = "the pack's default";
    out.settings.push_back(
        fmt::format("parameter {}: {} then, {} now", name, before ? *before : unset, after ? *after : unset));
  }
  for (const auto& name : keys_of(then.tenant.allocation, now.tenant.allocation)) {
    const auto* before = find(then.tenant.allocation, name);
    const auto* after = find(now.tenant.allocation, name);
    if (before != nullptr && after != nullptr && *before == *after) continue;
    out.settings.push_back(fmt::format("allocation rules: {}{}", name,
                                       before == nullptr  ? " is new"
                                       : after == nullptr ? " is gone"
                                                          : ""));
  }
  return out;
}

Result<Definition> definition_now(const Workshop& workshop, const Tenant& tenant) {
  const auto graph = TRY(Graph::of(workshop.library, tenant));
  Definition out;
  out.program = CENTAVO_VERSION;
  out.tenant = tenant;
  for (const auto& name : packs_needed(workshop.library, tenant, graph)) {
    const auto it = workshop.library.packs().find(name);
    if (it == workshop.library.packs().end()) continue;
    for (const auto& [path, text] : it->second.files) {
      if (!path.starts_with("tests/") && !path.ends_with(".md")) out.packs[name][path] = text;
    }
  }
  return out;
}

Result<std::string> keep_definition(Workshop& workshop, const Tenant& tenant) {
  auto& store = workshop.lake.store();
  const auto now = TRY(definition_now(workshop, tenant));
  Json packs = Json::object();
  for (const auto& [name, files] : now.packs)
    packs[name] = TRY(keep(store, tenant.id, {{"format", kDefinitionFormat}, {"pack", name}, {"files", files}}));
  Json out = {{"format", kDefinitionFormat},
              {"program", now.program},
              {"packs", std::move(packs)},
              {"tenant", to_yaml(tenant)}};
  if (!tenant.allocation.empty()) out["allocation"] = tenant.allocation;
  return keep(store, tenant.id, out);
}

Result<Definition> read_definition(Store& store, std::string_view tenant, const std::string& digest) {
  Definition out;
  out.digest = digest;
  const Json json = TRY(read_document(store, tenant, digest));
  out.program = text_or(json, "program");
  out.tenant = TRY(parse_tenant(text_or(json, "tenant"), key_of(tenant, digest)));
  if (json.contains("allocation") && json["allocation"].is_object()) {
    for (const auto& [path, text] : json["allocation"].items()) {
      if (text.is_string()) out.tenant.allocation[path] = text.get<std::string>();
    }
  }
  if (!json.contains("packs") || !json["packs"].is_object())
    return fail(ErrorKind::corrupt_data, "{}: it names no packs", key_of(tenant, digest));
  for (const auto& [name, pack] : json["packs"].items()) {
    const std::string pack_digest = pack.is_string() ? pack.get<std::string>() : std::string();
    const Json document = TRY_IN(fmt::format("pack {}", name), read_document(store, tenant, pack_digest));
    if (!document.contains("files") || !document["files"].is_object())
      return fail(ErrorKind::corrupt_data, "{}: it has no files", key_of(tenant, pack_digest));
    for (const auto& [path, text] : document["files"].items()) {
      if (text.is_string()) out.packs[name][path] = text.get<std::string>();
    }
  }
  return out;
}

}  // namespace centavo
