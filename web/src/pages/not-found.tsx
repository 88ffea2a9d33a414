import { t } from "../i18n";
import { href } from "../ui/app-context";
import { Empty, PageHead } from "../ui/basic";

export default function NotFound({ forbidden }: { forbidden?: string }) {
  return (
    <>
      <PageHead title={forbidden ? t("forbidden.title", { page: forbidden }) : t("not_found.title")} />
      <Empty title={forbidden ? t("forbidden.why") : t("not_found.why")}><p><a class="button primary" href={href("/")}>{t("not_found.home")}</a> <span class="muted">{t("not_found.palette")}</span></p></Empty>
    </>
  );
}
