import { useEffect, useState } from "preact/hooks";
import { t, type Lang } from "../i18n";
import { call } from "../lib/api";
import { useWrite } from "../lib/hooks";
import type { Me } from "../lib/types";
import { href } from "../ui/app-context";
import { Button, ProblemCard } from "../ui/basic";

/** Sets the first password after a one-time link, or changes the present one. */
export default function Welcome({ me, onDone, lang }: { me: Me; onDone: () => void; lang: Lang }) {
  const [old, setOld] = useState("");
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const write = useWrite();
  const fresh = me.must_set_password;
  useEffect(() => { document.title = `${fresh ? t("welcome") : t("password.change")} · centavo`; }, [lang]);
  const differs = second !== "" && first !== second;
  return (
    <main class="alone" key={lang}>
      <form class="card door" onSubmit={(e) => { e.preventDefault(); if (first !== second) return; void write.run(async () => { await call("POST", "/me/password", { ...(fresh ? {} : { old }), new: first }); onDone(); }); }}>
        <p class="brand large"><img src={href("/favicon.svg")} width={32} height={32} alt="" /><span>centavo</span></p>
        <h1>{fresh ? t("welcome.hello", { name: me.user.name || me.user.id }) : t("password.change")}</h1>
        {fresh && <p>{t("welcome.choose")}</p>}
        <input class="sr" tabindex={-1} aria-hidden="true" autocomplete="username" value={me.user.id} readOnly />
        {!fresh && <label class="field"><span class="field-label">{t("password.old")}</span><input type="password" required autocomplete="current-password" value={old} onInput={(e) => setOld(e.currentTarget.value)} /></label>}
        <label class="field"><span class="field-label">{t("password.new")}</span><input type="password" required minLength={12} autocomplete="new-password" aria-describedby="password-rule" value={first} onInput={(e) => setFirst(e.currentTarget.value)} /></label>
        <p class="muted small" id="password-rule">{t("password.rule")}</p>
        <label class="field"><span class="field-label">{t("password.again")}</span><input type="password" required autocomplete="new-password" aria-invalid={differs} value={second} onInput={(e) => setSecond(e.currentTarget.value)} /></label>
        {differs && <p class="problem" role="alert">{t("password.differ")}</p>}
        {write.problem && <ProblemCard problem={write.problem} />}
        <Button kind="primary" type="submit" disabled={write.busy || differs}>{t("password.set")}</Button>
        {!fresh && <a href={href("/")}>{t("cancel")}</a>}
        {fresh && <a href={href("/")} class="muted small" onClick={(e) => { e.preventDefault(); onDone(); }}>{t("welcome.later")}</a>}
      </form>
    </main>
  );
}
