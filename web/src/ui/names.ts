import { t, word } from "../i18n";

export function dimName(id: string): string {
  if (id.startsWith("tag:")) return t("dim.tag", { key: id.slice(4) });
  if (id.startsWith("vtag:")) return t("dim.vtag", { key: id.slice(5) });
  return word("dim", id);
}

/** What a value of a dimension is called on screen; null is "(none)" of the API. */
export function valueName(value: string | null | undefined): string {
  if (value === null || value === undefined || value === "(none)" || value === "") return t("value.none");
  if (value === "(other)") return t("value.other");
  return value;
}
export function valueKey(value: string | null): string {
  return value === null ? "(none)" : value;
}
export function measureName(id: string): string {
  return word("measure", id);
}
