import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Button, Icon } from "./basic";

export function Dialog({ open, title, onClose, wide, children, actions }: { open: boolean; title: string; onClose: () => void; wide?: boolean; children: ComponentChildren; actions?: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current!;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog ref={ref} class={wide ? "wide" : undefined} aria-label={title} onClose={onClose} onClick={(e) => e.target === ref.current && onClose()}>
      {open && (
        <div class="dialog-box">
          <header class="card-head">
            <h2>{title}</h2>
            <Button kind="quiet" icon="close" aria-label={t("close")} onClick={onClose} />
          </header>
          <div class="dialog-body">{children}</div>
          {actions && <footer class="dialog-foot">{actions}</footer>}
        </div>
      )}
    </dialog>
  );
}

export interface MenuItem {
  text: string;
  icon?: string;
  href?: string;
  download?: boolean;
  act?: () => void;
  separator?: boolean;
}

/** A button that opens a menu: arrows move, Enter acts, Escape returns to the button. */
export function MenuButton({ items, children, label, class: extra, title, icon, align }: { items: () => MenuItem[]; children?: ComponentChildren; label?: string; class?: string; title?: string; icon?: string; align?: "end" }) {
  const [open, setOpen] = useState(false);
  const [place, setPlace] = useState({ x: 0, y: 0 });
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const show = () => {
    const box = button.current!.getBoundingClientRect();
    setPlace({ x: align === "end" ? box.right : box.left, y: box.bottom + 4 });
    setOpen(true);
  };
  const close = (back = true) => {
    setOpen(false);
    if (back) button.current?.focus();
  };
  useEffect(() => {
    if (!open) return;
    const box = menu.current!;
    const width = box.offsetWidth;
    const height = box.offsetHeight;
    const x = Math.max(8, Math.min(align === "end" ? place.x - width : place.x, innerWidth - width - 8));
    const y = place.y + height > innerHeight - 8 ? Math.max(8, button.current!.getBoundingClientRect().top - height - 4) : place.y;
    box.style.left = `${x}px`;
    box.style.top = `${y}px`;
    box.style.visibility = "visible";
    (box.querySelector("[role=menuitem]") as HTMLElement | null)?.focus({ preventScroll: true });
    const outside = (e: Event) => {
      if (!box.contains(e.target as Node) && !button.current!.contains(e.target as Node)) close(false);
    };
    const moved = (e: Event) => {
      if (!box.contains(e.target as Node)) close(false);
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("scroll", moved, true);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("scroll", moved, true);
    };
  }, [open]);
  const key = (e: KeyboardEvent) => {
    const all = [...menu.current!.querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (move !== undefined) {
      e.preventDefault();
      all[(move + all.length) % all.length]?.focus();
    } else if (e.key === "Escape" || e.key === "Tab") {
      e.preventDefault();
      e.stopPropagation();
      close();
    }
  };
  return (
    <>
      <button ref={button} type="button" class={extra ?? "button plain"} aria-haspopup="menu" aria-expanded={open} aria-label={label} title={title} onClick={() => (open ? close() : show())}>
        {icon && <Icon name={icon} />}
        {children}
      </button>
      {open && (
        <div ref={menu} class="menu" role="menu" aria-label={label} onKeyDown={key}>
          {items().map((item, i) =>
            item.separator ? <hr key={i} /> : item.href ? (
              <a key={i} role="menuitem" tabindex={-1} href={item.href} {...(item.download ? { download: "", target: "_self" } : {})} onClick={() => close(false)}>{item.icon && <Icon name={item.icon} />}{item.text}</a>
            ) : (
              <button key={i} role="menuitem" tabindex={-1} type="button" onClick={() => { close(); item.act?.(); }}>{item.icon && <Icon name={item.icon} />}{item.text}</button>
            ),
          )}
        </div>
      )}
    </>
  );
}

/** Asks before something that others will notice. */
export function Confirm({ open, title, text, action, danger, busy, note, onClose, onConfirm, children }: { open: boolean; title: string; text: string; action: string; danger?: boolean; busy?: boolean; note?: { value: string; onInput: (v: string) => void; label: string }; onClose: () => void; onConfirm: () => void; children?: ComponentChildren }) {
  return (
    <Dialog open={open} title={title} onClose={onClose} actions={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind={danger ? "danger" : "primary"} disabled={busy} onClick={onConfirm}>{action}</Button></>}>
      <p>{text}</p>
      {note && <label class="field"><span class="field-label">{note.label}</span><input value={note.value} onInput={(e) => note.onInput(e.currentTarget.value)} /></label>}
      {children}
    </Dialog>
  );
}
