import type { FunctionComponent } from "preact";
import { LocationProvider, useLocation } from "preact-iso";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { languages, loadLanguage, t, type Lang } from "./i18n";
import { ApiError, call, forget, onSignedOut, setCsrf, type Problem } from "./lib/api";
import { useApi, useHotkey } from "./lib/hooks";
import type { Me, Meta } from "./lib/types";
import { forTenant, parseView, shiftMonth } from "./lib/view";
import { AppContext, basePath, href, pagePath, type App, type Theme } from "./ui/app-context";
import { Button, FreshBadge, Icon, ProblemCard, Skeleton } from "./ui/basic";
import { Dialog, MenuButton } from "./ui/dialog";
import { allowedPages, pages } from "./ui/pages";
import { Palette } from "./ui/palette";

interface Later<P> {
  (props: P): preact.JSX.Element;
  fetch: () => Promise<unknown>;
}

/** A component in a chunk of its own. `fetch` starts the download ahead of the click. */
function lazy<P extends object = object>(load: () => Promise<{ default: FunctionComponent<P> }>): Later<P> {
  let Loaded: FunctionComponent<P> | undefined;
  const start = () => load().then((m) => { Loaded = m.default; });
  const component = (props: P) => {
    const [state, set] = useState<"loading" | "ready" | "failed">(Loaded ? "ready" : "loading");
    useEffect(() => {
      if (!Loaded) start().then(() => set("ready"), () => set("failed"));
    }, []);
    // A newer server has other files: the whole page must come again.
    if (state === "failed") return <ProblemCard problem={{ status: 0, title: "", detail: "" }} retry={() => location.reload()} />;
    return Loaded ? <Loaded {...props} /> : <Skeleton />;
  };
  return Object.assign(component, { fetch: start });
}

const screens: Record<string, Later<object>> = {
  overview: lazy(() => import("./pages/overview")),
  cost: lazy(() => import("./pages/cost")),
  lines: lazy(() => import("./pages/lines")),
  pivot: lazy(() => import("./pages/pivot")),
  commitments: lazy(() => import("./pages/commitments")),
  allocation: lazy(() => import("./pages/allocation")),
  reconcile: lazy(() => import("./pages/reconcile")),
  certificates: lazy(() => import("./pages/certificates")),
  diff: lazy(() => import("./pages/diff")),
  periods: lazy(() => import("./pages/periods")),
  data: lazy(() => import("./pages/data")),
  quality: lazy(() => import("./pages/quality")),
  lineage: lazy(() => import("./pages/lineage")),
  sql: lazy(() => import("./pages/sql")),
  runs: lazy(() => import("./pages/runs")),
  releases: lazy(() => import("./pages/releases")),
  tenants: lazy(() => import("./pages/tenants")),
  people: lazy(() => import("./pages/people")),
  tokens: lazy(() => import("./pages/tokens")),
  audit: lazy(() => import("./pages/audit")),
};
const SignIn = lazy<Parameters<typeof import("./pages/sign-in").default>[0]>(() => import("./pages/sign-in"));
const Welcome = lazy<Parameters<typeof import("./pages/welcome").default>[0]>(() => import("./pages/welcome"));
const NotFound = lazy<{ forbidden?: string }>(() => import("./pages/not-found"));

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // private windows may refuse; the choice then lasts until the page is left
  }
}

const darkQuery = matchMedia("(prefers-color-scheme: dark)");

function useTheme() {
  const asked = new URLSearchParams(location.search).get("theme");
  const [theme, setTheme] = useState<Theme>(() => ([asked, stored("centavo.theme")].find((x) => x === "light" || x === "dark") as Theme) ?? "auto");
  const [system, setSystem] = useState(darkQuery.matches);
  useEffect(() => {
    const change = () => setSystem(darkQuery.matches);
    darkQuery.addEventListener("change", change);
    return () => darkQuery.removeEventListener("change", change);
  }, []);
  const dark = theme === "auto" ? system : theme === "dark";
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  }, [dark]);
  return { theme, dark, setTheme: (x: Theme) => { store("centavo.theme", x); setTheme(x); } };
}

export function firstLanguage(): Lang {
  const asked = new URLSearchParams(location.search).get("lang") ?? stored("centavo.lang") ?? navigator.language;
  return asked.toLowerCase().startsWith("pt") ? "pt-BR" : "en";
}

export function Root({ start }: { start: Lang }) {
  return (
    <LocationProvider>
      <Session start={start} />
    </LocationProvider>
  );
}

function Session({ start }: { start: Lang }) {
  const { route, path } = useLocation();
  const theme = useTheme();
  const [lang, setLangState] = useState(start);
  const [me, setMeState] = useState<Me | null | undefined>();
  const [problem, setProblem] = useState<Problem>();
  const here = path.startsWith(basePath) ? path.slice(basePath.length) || "/" : path;

  const setLang = useCallback((next: Lang) => {
    store("centavo.lang", next);
    void loadLanguage(next).then(() => setLangState(next));
    if (me) void call("PATCH", "/me", { locale: next }).catch(() => undefined);
  }, [me]);
  const setMe = useCallback((next: Me | null) => {
    setCsrf(next?.csrf ?? "");
    setMeState(next);
    const mine = next?.user.locale;
    if (mine && !stored("centavo.lang") && !new URLSearchParams(location.search).has("lang") && (mine.startsWith("pt") ? "pt-BR" : "en") !== start) {
      const own: Lang = mine.startsWith("pt") ? "pt-BR" : "en";
      void loadLanguage(own).then(() => setLangState(own));
    }
  }, []);
  const load = useCallback(() => {
    setProblem(undefined);
    call<Me>("GET", "/me").then(setMe, (error: unknown) => {
      if (error instanceof ApiError && error.problem.status === 401) setMe(null);
      else setProblem(error instanceof ApiError ? error.problem : { status: -1, title: "", detail: String(error) });
    });
  }, []);
  useEffect(() => {
    onSignedOut(() => { forget(); setMe(null); });
    load();
  }, []);

  if (problem) return <main class="alone"><ProblemCard problem={problem} retry={load} /></main>;
  if (me === undefined) return <main class="alone" aria-busy="true"><Skeleton /></main>;
  const shared = { lang, setLang, ...theme };
  if (me === null) return <SignIn {...shared} onDone={(next: Me) => { forget(); setMe(next); if (here === "/sign-in") route(href("/")); }} />;
  if (here === "/welcome") return <Welcome {...shared} me={me} onDone={() => { load(); route(href("/")); }} />;
  return <Shell key={lang} me={me} setMe={setMe} {...shared} here={here} signOut={() => void call("DELETE", "/session").catch(() => undefined).then(() => { forget(); setMe(null); route(href("/")); })} />;
}

interface ShellProps {
  me: Me;
  setMe: (me: Me) => void;
  lang: Lang;
  setLang: (l: Lang) => void;
  theme: Theme;
  setTheme: (x: Theme) => void;
  dark: boolean;
  here: string;
  signOut: () => void;
}

function Shell({ me, setMe, here, signOut, ...shared }: ShellProps) {
  const { route, url } = useLocation();
  const search = url.includes("?") ? url.slice(url.indexOf("?")) : "";
  const bits = here.split("/").filter(Boolean).map(decodeURIComponent);
  const inTenant = bits[0] === "t" && !!bits[1];
  const routeTenant = inTenant ? bits[1] : undefined;
  // Pages of the whole lake keep the tenant that was last looked at in the navigation.
  const [last, setLast] = useState(() => stored("centavo.tenant") ?? undefined);
  const tenant = routeTenant ?? (last && me.tenants.some((x) => x.id === last) ? last : me.tenants[0]?.id);
  useEffect(() => {
    if (routeTenant && me.tenants.some((x) => x.id === routeTenant)) {
      store("centavo.tenant", routeTenant);
      setLast(routeTenant);
    }
  }, [routeTenant]);
  const page = inTenant ? (bits[2] ?? "") : (bits[0] ?? "");
  const id = inTenant ? bits.slice(3).join("/") || undefined : bits.slice(1).join("/") || undefined;
  const view = useMemo(() => {
    const v = parseView(search);
    delete v.extra["lang"];
    delete v.extra["theme"];
    return v;
  }, [search]);
  const metaAnswer = useApi<Meta>(tenant ? `/t/${encodeURIComponent(tenant)}/meta` : null);
  const meta = metaAnswer.data;
  const [toast, setToast] = useState("");
  const [menuOpen, setMenuOpen] = useState(false);
  const [helping, setHelping] = useState(false);
  const openPalette = useRef<() => void>(() => {});
  const waiting = useRef(0);

  const go = useCallback((path: string, replace = false) => { route(href(path), replace); }, [route]);
  const app: App = { me, setMe, ...shared, tenant, meta, page, id, view, go, toast: setToast };
  const allowed = allowedPages(app);
  const home = allowed.find((p) => p.id === "overview") ?? allowed.find((p) => p.id === "data") ?? allowed.find((p) => !p.lake);

  useEffect(() => {
    if (toast) {
      const timer = setTimeout(() => setToast(""), 4000);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [toast]);
  useEffect(() => {
    if ((here === "/" || (inTenant && page === "")) && tenant && (meta || metaAnswer.problem)) go(home && !home.lake ? pagePath(tenant, home.id, inTenant ? view : undefined) : "/tenants", true);
    if (here === "/" && !tenant) go("/tenants", true);
    if (here === "/sign-in") go("/", true);
  }, [here, tenant, meta, metaAnswer.problem]);
  const before = useRef(here);
  useEffect(() => {
    setMenuOpen(false);
    if (before.current !== here) {
      before.current = here;
      scrollTo(0, 0);
      document.getElementById("main")?.focus({ preventScroll: true });
    }
  }, [here]);

  useHotkey((e) => (e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k", () => openPalette.current());
  const bare = (e: KeyboardEvent) => !e.ctrlKey && !e.metaKey && !e.altKey && !document.querySelector("dialog[open]");
  useHotkey((e) => bare(e) && e.key === "?", () => setHelping(true));
  useHotkey((e) => bare(e) && e.key === "/", () => document.getElementById("add-filter")?.click());
  useHotkey((e) => bare(e) && e.key === "d" && Date.now() - waiting.current > 1200, () => shared.setTheme(shared.dark ? "light" : "dark"));
  useHotkey((e) => bare(e) && e.key === "g", () => { waiting.current = Date.now(); });
  useHotkey((e) => bare(e) && Date.now() - waiting.current <= 1200 && allowed.some((p) => p.keys === e.key), () => {});
  useEffect(() => {
    const listen = (e: KeyboardEvent) => {
      if ((e.target as HTMLElement).matches?.("input, textarea, select") || !bare(e)) return;
      if (Date.now() - waiting.current <= 1200 && e.key !== "g") {
        const target = allowed.find((p) => p.keys === e.key);
        waiting.current = 0;
        if (target) go(target.lake ? `/${target.id}` : pagePath(tenant!, target.id));
      } else if ((e.key === "[" || e.key === "]") && inTenant && meta) {
        const newest = meta.periods[meta.periods.length - 1]?.period;
        const current = view.p === "last" ? newest : view.p;
        const next = current && shiftMonth(current, e.key === "[" ? -1 : 1);
        if (next && meta.periods.some((p) => p.period === next)) go(pagePath(tenant!, page, { ...view, p: next === newest ? "last" : next }, id));
      }
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });

  const info = pages.find((p) => p.id === page);
  const known = page === "lines" || info;
  const Screen = screens[page];
  const misplaced = info && !!info.lake === inTenant;
  let body;
  if (here === "/" || (inTenant && page === "")) body = <Skeleton />;
  else if (!known || misplaced || !Screen) body = <NotFound />;
  else if (inTenant && metaAnswer.problem) body = <ProblemCard problem={metaAnswer.problem} retry={metaAnswer.reload} />;
  else if (inTenant && !meta) body = <Skeleton />;
  else if (info && !info.when(app)) body = <NotFound forbidden={t(info.name)} />;
  else body = <Screen key={`${tenant}/${page}`} />;

  const groups = [...new Set(allowed.map((p) => p.group))];
  const current = me.tenants.find((x) => x.id === tenant);
  return (
    <AppContext.Provider value={app}>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById("main")?.focus(); }}>{t("skip")}</a>
      <div class={`shell ${menuOpen ? "menu-open" : ""}`}>
        <header class="top">
          <Button class="only-narrow" kind="quiet" icon="menu" aria-label={t("nav.menu")} aria-expanded={menuOpen} onClick={() => setMenuOpen(!menuOpen)} />
          <a class="brand" href={href("/")}><img src={href("/favicon.svg")} width={22} height={22} alt="" /><span>centavo</span></a>
          {me.tenants.length > 0 && (
            <label class="tenant-switch"><span class="sr">{t("tenant")}</span>
              <select value={tenant} onChange={(e) => go(pagePath(e.currentTarget.value, inTenant && page !== "lines" ? page : "", inTenant ? forTenant(view) : undefined))}>
                {!current && <option value={tenant}>{tenant}</option>}
                {me.tenants.map((x) => <option key={x.id} value={x.id}>{x.name}</option>)}
              </select>
            </label>
          )}
          {meta && <span class="only-wide fresh-slot"><FreshBadge state={meta.fresh.state} lag={meta.fresh.hours_lag} sla={meta.fresh.sla_hours} /></span>}
          <span class="grow" />
          <Button class="palette-button" icon="search" onClick={() => openPalette.current()} aria-label={`${t("palette.button")} Ctrl K`}><span class="only-wide">{t("palette.button")}</span>{" "}<kbd class="only-wide">Ctrl K</kbd></Button>
          <MenuButton class="button quiet" icon="user" align="end" label={t("nav.account", { name: me.user.name || me.user.id })} items={() => [
            { text: me.user.name || me.user.id, icon: "user", href: href("/tokens") },
            { text: "", separator: true },
            ...languages.filter((l) => l.id !== shared.lang).map((l) => ({ text: l.name, icon: "link", act: () => shared.setLang(l.id) })),
            { text: shared.dark ? t("theme.light") : t("theme.dark"), icon: shared.dark ? "sun" : "moon", act: () => shared.setTheme(shared.dark ? "light" : "dark") },
            { text: t("help.title"), icon: "help", act: () => setHelping(true) },
            { text: t("password.change"), icon: "tokens", href: href("/welcome") },
            { text: "", separator: true },
            { text: t("sign_out"), icon: "close", act: signOut },
          ]}><span class="only-wide">{me.user.name || me.user.id}</span></MenuButton>
        </header>
        <nav class="side" aria-label={t("nav.main")}>
          {groups.map((g) => (
            <div key={g} class="side-group">
              {g && <h2>{t(g)}</h2>}
              <ul>
                {allowed.filter((p) => p.group === g).map((p) => (
                  <li key={p.id}>
                    <a href={href(p.lake ? `/${p.id}` : pagePath(tenant ?? "", p.id, keepView(p.id, page, app)))} aria-current={page === p.id || (p.id === "cost" && page === "lines") ? "page" : undefined} onPointerEnter={() => void screens[p.id]?.fetch().catch(() => undefined)} onClick={() => setMenuOpen(false)}><Icon name={p.icon} />{t(p.name)}</a>
                  </li>
                ))}
              </ul>
            </div>
          ))}
          <p class="side-foot muted small">centavo {me.version}</p>
        </nav>
        {menuOpen && <div class="veil" onClick={() => setMenuOpen(false)} />}
        <main id="main" tabindex={-1}>
          {me.must_set_password && <p class="banner info" role="status"><Icon name="info" /><span>{t("welcome.banner")} <a href={href("/welcome")}>{t("password.set")}</a></span></p>}
          {inTenant && meta && meta.fresh.state === "BREACH" && <p class="banner" role="status"><Icon name="warn" />{t("fresh.banner", { hours: Math.round(meta.fresh.hours_lag ?? 0), sla: meta.fresh.sla_hours ?? 0 })}</p>}
          {body}
        </main>
      </div>
      <Palette bind={(open) => { openPalette.current = open; }} signOut={signOut} help={() => setHelping(true)} />
      <Help open={helping} onClose={() => setHelping(false)} app={app} />
      <div class="toast" role="status" aria-live="polite">{toast && <span>{toast}</span>}</div>
    </AppContext.Provider>
  );
}

/** Period, comparison, measure and filters stay while one walks between the pages of cost. */
const cost = ["overview", "cost", "lines", "pivot", "commitments", "allocation"];
function keepView(to: string, from: string, app: App) {
  if (!cost.includes(to) || !cost.includes(from)) return undefined;
  return { ...app.view, by: [], extra: {}, sort: "-value", g: "", filters: to === "overview" ? [] : app.view.filters };
}

function Help({ open, onClose, app }: { open: boolean; onClose: () => void; app: App }) {
  const keys: [string, string][] = [
    ["Ctrl K", t("palette.title")],
    ...allowedPages(app).filter((p) => p.keys).map((p): [string, string] => [`g ${p.keys}`, t(p.name)]),
    ["/", t("filter.add")], ["[  ]", t("help.months")], ["d", t("help.theme")], ["?", t("help.title")], ["← →", t("help.chart")],
  ];
  return (
    <Dialog open={open} title={t("help.title")} onClose={onClose}>
      <dl class="keys">{keys.map(([k, text]) => [<dt key={k}><kbd>{k}</kbd></dt>, <dd key={k + "="}>{text}</dd>])}</dl>
      <p class="muted small">{t("help.numbers")}</p>
    </Dialog>
  );
}
