#include "app/document/report_words.h"

#include <array>
#include <map>

namespace centavo::document {
namespace {

constexpr Words kEnglish = {
    .language = "en",
    .report = "Cost report",
    .total = "Total",
    .before = "before",
    .change = "Change",
    .unallocated = "Unallocated",
    .unallocated_of_bill = "of the bill",
    .none = "none",
    .certificate = "Certificate",
    .certified = "Holds",
    .differs = "Differs",
    .not_certified = "Not certified",
    .by_day = "Day by day",
    .this_month = "this month",
    .month_before = "the month before",
    .movers = "What moved most",
    .movers_none = "Nothing moved.",
    .service = "Service",
    .account = "Account",
    .region = "Region",
    .cost = "Cost",
    .share = "Share",
    .others = "All others",
    .by_service = "By service",
    .by_account = "By account",
    .by_region = "By region",
    .allocation = "Who pays",
    .allocation_of = "by",
    .nobody = "Unallocated",
    .commitments = "Commitments",
    .commitment = "Commitment",
    .committed = "Committed",
    .used = "Used",
    .unused = "Unused",
    .utilisation = "Utilisation",
    .coverage = "Coverage",
    .proof = "The proof",
    .verdict = "Verdict",
    .number = "Number",
    .issued = "Issued",
    .comparisons = "Comparisons",
    .without_difference = "without a difference",
    .seal = "Seal",
    .hash = "Hash of the statement",
    .release = "Release",
    .program = "Program",
    .made = "made",
    .period_open = "period open",
    .period_closed = "period closed",
    .nothing_before = "nothing to compare with",
    .all_in = "Amounts in",
    .page = "page",
    .rounded = "rounded to its smallest coin; every digit stands behind the number",
};

constexpr Words kPortuguese = {
    .language = "pt-BR",
    .report = "Relatório de custos",
    .total = "Total",
    .before = "antes",
    .change = "Variação",
    .unallocated = "Sem alocação",
    .unallocated_of_bill = "da fatura",
    .none = "nenhum",
    .certificate = "Certificado",
    .certified = "Confere",
    .differs = "Diverge",
    .not_certified = "Não certificado",
    .by_day = "Dia a dia",
    .this_month = "este mês",
    .month_before = "mês anterior",
    .movers = "O que mais mudou",
    .movers_none = "Nada mudou.",
    .service = "Serviço",
    .account = "Conta",
    .region = "Região",
    .cost = "Custo",
    .share = "Parte",
    .others = "Todos os outros",
    .by_service = "Por serviço",
    .by_account = "Por conta",
    .by_region = "Por região",
    .allocation = "Quem paga",
    .allocation_of = "por",
    .nobody = "Sem alocação",
    .commitments = "Compromissos",
    .commitment = "Compromisso",
    .committed = "Comprometido",
    .used = "Usado",
    .unused = "Não usado",
    .utilisation = "Utilização",
    .coverage = "Cobertura",
    .proof = "A prova",
    .verdict = "Veredito",
    .number = "Número",
    .issued = "Emitido",
    .comparisons = "Comparações",
    .without_difference = "sem diferença",
    .seal = "Selo",
    .hash = "Hash da declaração",
    .release = "Versão publicada",
    .program = "Programa",
    .made = "feito em",
    .period_open = "período aberto",
    .period_closed = "período fechado",
    .nothing_before = "nada com que comparar",
    .all_in = "Valores em",
    .page = "página",
    .rounded = "arredondados à menor moeda; todos os dígitos estão atrás do número",
};

constexpr std::array<std::string_view, 12> kEnglishMonths = {"January",   "February", "March",    "April",
                                                             "May",       "June",     "July",     "August",
                                                             "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 12> kPortugueseMonths = {"janeiro",  "fevereiro", "março",    "abril",
                                                                "maio",     "junho",     "julho",    "agosto",
                                                                "setembro", "outubro",   "novembro", "dezembro"};

}  // namespace

const Words& words_of(Language language) { return language == Language::english ? kEnglish : kPortuguese; }

std::string month_name(std::string_view period, Language language) {
  const auto month = Period::parse(period);
  if (!month) return std::string(period);
  const auto at = static_cast<std::size_t>(month->month() - 1);
  return language == Language::english ? fmt::format("{} {}", kEnglishMonths[at], month->year())
                                       : fmt::format("{} de {}", kPortugueseMonths[at], month->year());
}

std::string name_of_measure(std::string_view measure, Language language) {
  static const std::map<std::string_view, std::array<std::string_view, 2>> names = {
      {"EffectiveCost", {"Effective cost", "Custo efetivo"}},
      {"BilledCost", {"Billed cost", "Custo faturado"}},
      {"ListCost", {"List cost", "Custo de lista"}},
      {"ContractedCost", {"Contracted cost", "Custo contratado"}}};
  const auto it = names.find(measure);
  return std::string(it == names.end() ? measure : it->second[language == Language::english ? 0 : 1]);
}

std::string name_of_dimension(std::string_view dimension, Language language) {
  const bool english = language == Language::english;
  if (dimension.starts_with("tag:")) return fmt::format("{} {}", english ? "tag" : "etiqueta", dimension.substr(4));
  if (dimension.starts_with("vtag:"))
    return fmt::format("{} {}", english ? "virtual tag" : "etiqueta virtual", dimension.substr(5));
  if (dimension == "cost_centre") return english ? "cost centre" : "centro de custo";
  return std::string(dimension);
}

}  // namespace centavo::document
