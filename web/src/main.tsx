import { render } from "preact";
import { firstLanguage, Root } from "./app";
import { loadLanguage } from "./i18n";
import "./style.css";

const lang = firstLanguage();
void loadLanguage(lang).then(() => render(<Root start={lang} />, document.getElementById("app")!));
