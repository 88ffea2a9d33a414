import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Lang } from "../i18n";
import type { Me, Meta, Right } from "../lib/types";
import type { View } from "../lib/view";
import { viewSearch } from "../lib/view";

export type Theme = "light" | "dark" | "auto";

export interface App {
  me: Me;
  setMe: (me: Me) => void;
  lang: Lang;
  setLang: (lang: Lang) => void;
  theme: Theme;
  setTheme: (theme: Theme) => void;
  /** What is drawn: "auto" resolved. */
  dark: boolean;
  tenant: string | undefined;
  meta: Meta | undefined;
  page: string;
  id: string | undefined;
  view: View;
  go: (path: string, replace?: boolean) => void;
  toast: (text: string) => void;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error("useApp outside of the application");
  return app;
}

export const basePath = new URL(document.baseURI).pathname.replace(/\/$/, "");
export function href(path: string): string {
  return basePath + path;
}

export function can(app: App, right: Right): boolean {
  const here = app.me.tenants.find((x) => x.id === app.tenant);
  return here ? here.can.includes(right) : false;
}
export function isAdmin(me: Me): boolean {
  return me.can_manage ?? me.tenants.some((x) => x.can.includes("admin"));
}

export function pagePath(tenant: string, page: string, view?: View, id?: string): string {
  return `/t/${encodeURIComponent(tenant)}/${page}${id ? "/" + encodeURIComponent(id) : ""}${view ? viewSearch(view) : ""}`;
}

/** The address of a page of this tenant, and a way to change this page's view. */
export function useNav() {
  const app = useApp();
  const tenant = app.tenant ?? "";
  return {
    to: (page: string, view?: View, id?: string) => href(pagePath(tenant, page, view, id)),
    set: (view: View, replace = false) => app.go(pagePath(tenant, app.page, view, app.id), replace),
    api: (path: string) => `/t/${encodeURIComponent(tenant)}${path}`,
  };
}
