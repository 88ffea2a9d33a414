#include "lake/catalog/certificate.h"

#include "base/digest.h"
#include "lake/catalog/numbered_log.h"

namespace centavo {
namespace {

NumberedLog log_of_certificates(Store& store, std::string_view tenant) {
  return {store, certificates_root(tenant), "a certificate"};
}

std::string hash_of(const Certificate& certificate) { return sha256_hex(canonical_json(certificate.statement)); }

std::string seal_of(const Certificate& certificate) {
  Json sealed = to_json(certificate);
  sealed.erase("statement");  // the hash stands for it
  sealed.erase("seal");
  return sha256_hex(canonical_json(sealed));
}

Result<Certificate> read_certificate(const NumberedLog& log, std::int64_t number) {
  const Json json = TRY(log.read(number));
  if (!json.contains("statement") || !json["statement"].is_object() || !json.contains("evidence"))
    return fail(ErrorKind::corrupt_data, "{}: it has no statement", log.key(number));
  Certificate out;
  out.number = number;
  out.period = text_or(json, "period");
  out.reason = text_or(json, "reason");
  out.issued_ms = TRY_IN(log.key(number), parse_iso_time(text_or(json, "issued_at")));
  out.user = text_or(json, "issued_by");
  out.statement = json["statement"];
  out.evidence = json["evidence"];
  out.hash = text_or(json, "hash");
  out.previous = text_or(json, "previous");
  out.seal = text_or(json, "seal");
  return out;
}

}  // namespace

std::string certificates_root(std::string_view tenant) { return fmt::format("tenants/{}/_certificates", tenant); }

std::string canonical_json(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool Certificate::holds(std::string_view mode) const {
  return bool_or(member(statement, "holds"), std::string(mode).c_str(), false);
}

Json to_json(const Certificate& certificate) {
  return {{"format", 1},
          {"number", certificate.number},
          {"period", certificate.period},
          {"reason", certificate.reason},
          {"issued_at", iso_time(certificate.issued_ms)},
          {"issued_by", certificate.user},
          {"statement", certificate.statement},
          {"evidence", certificate.evidence},
          {"hash", certificate.hash},
          {"previous", certificate.previous},
          {"seal", certificate.seal}};
}

Result<Certificate> write_certificate(Store& store, std::string_view tenant, Certificate certificate) {
  const NumberedLog log = log_of_certificates(store, tenant);
  const auto taken = TRY(log.numbers());
  certificate.previous.clear();
  if (!taken.empty()) {
    const Json last = TRY(log.read(taken.back()));
    certificate.previous = text_or(last, "seal");
  }
  certificate.hash = hash_of(certificate);
  const auto entry_of = [&](std::int64_t number) {
    certificate.number = number;
    certificate.seal = seal_of(certificate);
    return to_json(certificate);
  };
  certificate.number = TRY_IN(fmt::format("certify {}", tenant), log.append(entry_of, false));
  return certificate;
}

Result<std::vector<Certificate>> certificates(Store& store, std::string_view tenant) {
  const NumberedLog log = log_of_certificates(store, tenant);
  std::vector<Certificate> out;
  for (const std::int64_t number : TRY(log.numbers())) out.push_back(TRY(read_certificate(log, number)));
  return out;
}

Result<std::vector<std::string>> check_chain(Store& store, std::string_view tenant) {
  const NumberedLog log = log_of_certificates(store, tenant);
  std::vector<std::string> wrong;
  std::optional<std::string> seal = "";
  std::int64_t expected = 1;
  for (const std::int64_t number : TRY(log.numbers())) {
    for (; expected < number; ++expected) {
      wrong.push_back(fmt::format("certificate {} is gone", expected));
      seal.reset();
    }
    ++expected;
    const auto found = read_certificate(log, number);
    if (!found) {
      wrong.push_back(fmt::format("certificate {} cannot be read: {}", number, found.error().message));
      seal.reset();
      continue;
    }
    if (found->hash != hash_of(*found))
      wrong.push_back(fmt::format("certificate {}: its statement is not the one its hash was made of", number));
    if (found->seal != seal_of(*found))
      wrong.push_back(fmt::format("certificate {}: its seal does not fit what it says", number));
    if (seal && found->previous != *seal)
      wrong.push_back(fmt::format("certificate {} does not follow certificate {}", number, number - 1));
    seal = found->seal;
  }
  return wrong;
}

}  // namespace centavo
