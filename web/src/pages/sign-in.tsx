import { useEffect, useState } from "preact/hooks";
import { languages, t, type Lang } from "../i18n";
import { ApiError, call, type Problem } from "../lib/api";
import type { Me } from "../lib/types";
import { href } from "../ui/app-context";
import { Button, ProblemCard } from "../ui/basic";

export default function SignIn({ onDone, lang, setLang }: { onDone: (me: Me) => void; lang: Lang; setLang: (l: Lang) => void }) {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => { document.title = `${t("sign_in")} · centavo`; }, [lang]);
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const me = await call<Me>("POST", "/session", { user: user.trim(), password });
      onDone(me?.user ? me : await call<Me>("GET", "/me"));
    } catch (error) {
      setPassword("");
      setProblem(error instanceof ApiError ? error.problem : { status: -1, title: "", detail: String(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="alone" key={lang}>
      <form class="card door" onSubmit={(e) => void submit(e)}>
        <p class="brand large"><img src={href("/favicon.svg")} width={32} height={32} alt="" /><span>centavo</span></p>
        <h1>{t("sign_in")}</h1>
        {new URLSearchParams(location.search).get("link") === "expired" && <p class="problem" role="alert">{t("sign_in.link_expired")}</p>}
        <label class="field"><span class="field-label">{t("user")}</span><input name="username" autocomplete="username" required value={user} onInput={(e) => setUser(e.currentTarget.value)} /></label>
        <label class="field"><span class="field-label">{t("password")}</span><input name="password" type="password" autocomplete="current-password" required value={password} onInput={(e) => setPassword(e.currentTarget.value)} /></label>
        {problem && (problem.status === 401 ? <p class="problem" role="alert">{t("sign_in.wrong")}</p> : <ProblemCard problem={problem} />)}
        <Button kind="primary" type="submit" disabled={busy}>{t("sign_in")}</Button>
        <p class="muted small">{t("sign_in.help")}</p>
        <p class="row small">{languages.filter((l) => l.id !== lang).map((l) => <button key={l.id} type="button" class="as-link" lang={l.id} onClick={() => setLang(l.id)}>{l.name}</button>)}</p>
      </form>
    </main>
  );
}
