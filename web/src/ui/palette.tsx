import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { languages, spanName, t } from "../i18n";
import { forTenant } from "../lib/view";
import { pagePath, useApp } from "./app-context";
import { Icon } from "./basic";
import { dimName, measureName } from "./names";
import { allowedPages } from "./pages";

interface Entry {
  text: string;
  group: string;
  icon: string;
  act: () => void;
}

function matches(text: string, typed: string): number {
  const hay = text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const need = typed.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").trim();
  if (!need) return 1;
  const at = hay.indexOf(need);
  if (at >= 0) return at === 0 || hay[at - 1] === " " ? 3 : 2;
  let i = 0;
  for (const c of hay) if (c === need[i]) i++;
  return i === need.length ? 1 : 0;
}

/** Stays in the page, closed: `showModal` in the key handler itself, so that no letter typed at once is lost. */
export function Palette({ bind, signOut, help }: { bind: (open: () => void) => void; signOut: () => void; help: () => void }) {
  const app = useApp();
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);

  useEffect(() => bind(() => {
    if (dialog.current!.open) return dialog.current!.close();
    setTyped("");
    setAt(0);
    input.current!.value = "";
    dialog.current!.showModal();
    input.current!.focus();
  }), []);

  const entries = useMemo<Entry[]>(() => {
    const list: Entry[] = [];
    const tenant = app.tenant ?? app.me.tenants[0]?.id;
    for (const p of allowedPages(app)) list.push({ text: t(p.name), group: t("palette.go"), icon: p.icon, act: () => app.go(p.lake ? `/${p.id}` : pagePath(tenant!, p.id)) });
    for (const x of app.me.tenants) if (x.id !== app.tenant) list.push({ text: `${x.name} (${x.id})`, group: t("tenant"), icon: "tenants", act: () => app.go(pagePath(x.id, app.tenant ? app.page : "", app.tenant ? forTenant(app.view) : undefined)) });
    const bill = allowedPages(app).some((p) => p.id === "cost");
    if (app.meta && tenant && bill) {
      for (const d of app.meta.dims) if (d.id !== "month" && d.id !== "day") list.push({ text: t("palette.cost_by", { name: dimName(d.id) }), group: t("page.cost"), icon: "cost", act: () => app.go(pagePath(tenant, "cost", { ...app.view, by: [d.id], extra: {} })) });
      for (const m of app.meta.measures) list.push({ text: `${t("measure")}: ${measureName(m.id)}`, group: t("palette.view"), icon: "cost", act: () => app.go(pagePath(tenant, app.page, { ...app.view, m: m.id }, app.id)) });
      for (const p of [...app.meta.periods].reverse()) list.push({ text: `${t("period")}: ${spanName(p.period)}`, group: t("palette.view"), icon: "periods", act: () => app.go(pagePath(tenant, app.page, { ...app.view, p: p.period }, app.id)) });
    }
    for (const l of languages) if (l.id !== app.lang) list.push({ text: `${t("language")}: ${l.name}`, group: t("palette.settings"), icon: "user", act: () => app.setLang(l.id) });
    for (const x of ["light", "dark", "auto"] as const) if (x !== app.theme) list.push({ text: `${t("theme")}: ${t(`theme.${x}`)}`, group: t("palette.settings"), icon: x === "dark" ? "moon" : "sun", act: () => app.setTheme(x) });
    list.push({ text: t("help.title"), group: t("palette.settings"), icon: "help", act: help });
    list.push({ text: t("sign_out"), group: t("palette.settings"), icon: "user", act: signOut });
    return list;
  }, [app.meta, app.tenant, app.lang, app.theme, app.view, app.page, app.me]);

  const found = entries.map((e) => ({ e, score: matches(e.text, typed) })).filter((x) => x.score > 0);
  if (typed) found.sort((a, b) => b.score - a.score);
  const list = found.slice(0, 30).map((x) => x.e);
  const close = () => dialog.current!.close();
  const key = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      setAt((n) => (list.length ? (n + (e.key === "ArrowDown" ? 1 : -1) + list.length) % list.length : 0));
    } else if (e.key === "Enter") {
      e.preventDefault();
      const entry = list[at];
      if (entry) {
        close();
        entry.act();
      }
    }
  };
  useEffect(() => {
    dialog.current?.querySelector(`#palette-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at, typed]);

  return (
    <dialog ref={dialog} class="palette" aria-label={t("palette.title")} onClick={(e) => e.target === dialog.current && close()}>
      <div class="palette-input">
        <Icon name="search" />
        <input ref={input} role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={list.length ? `palette-${at}` : undefined} aria-label={t("palette.title")} placeholder={t("palette.placeholder")} autocomplete="off" spellcheck={false} onInput={(e) => { setTyped(e.currentTarget.value); setAt(0); }} onKeyDown={key} />
        <kbd>Esc</kbd>
      </div>
      <div id="palette-list" role="listbox" aria-label={t("palette.title")}>
        {list.map((e, i) => (
          <div key={e.group + e.text} id={`palette-${i}`} role="option" aria-selected={i === at} onPointerMove={() => setAt(i)} onClick={() => { close(); e.act(); }}>
            <Icon name={e.icon} /><span>{e.text}</span><span class="muted small">{e.group}</span>
          </div>
        ))}
      </div>
      {list.length === 0 && <p class="muted pad">{t("palette.nothing")}</p>}
    </dialog>
  );
}
