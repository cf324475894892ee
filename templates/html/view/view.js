// Keys, the help, and what is said when something could not be saved. Everything works without this file too.
(() => {
  "use strict";
  const find = (id) => document.getElementById(id);
  const typing = (target) => target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable;
  const click = (id) => { const found = find(id); if (found) { found.click(); return true; } return false; };
  const rows = () => [...document.querySelectorAll("tr.row a.open")];

  function step(by) {
    if (click(by > 0 ? "next" : "previous")) return true;
    const all = rows();
    if (!all.length) return false;
    const at = all.indexOf(document.activeElement);
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    const edge = document.querySelector(by > 0 ? ".pages a[rel=next]" : ".pages a[rel=prev]");
    if (to < 0 || to >= all.length) { if (edge) edge.click(); return true; }
    all[to].focus();
    all[to].closest("tr").scrollIntoView({ block: "nearest" });
    return true;
  }

  function turn() {
    const views = [...document.querySelectorAll(".views a")];
    const at = views.findIndex((one) => one.hasAttribute("aria-current"));
    if (views.length) views[(at + 1) % views.length].click();
    return views.length > 0;
  }

  function focus(id) {
    const found = find(id);
    if (!found) return false;
    found.focus();
    if (found.select) found.select();
    return true;
  }

  function help() {
    const dialog = find("help");
    if (!dialog) return false;
    if (dialog.open) dialog.close(); else dialog.showModal();
    return true;
  }

  const keys = {
    j: () => step(1), k: () => step(-1), ArrowDown: () => rows().length > 0 && step(1), ArrowUp: () => rows().length > 0 && step(-1),
    "/": () => focus("search"), a: () => click("accept"), r: () => click("reject"), e: () => click("edit-link"),
    u: () => click("undo"), n: () => focus("note"), v: turn, b: () => click("back"), "?": help,
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const target = event.target;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && click("save")) { event.preventDefault(); return; }
    if (event.key === "Escape") {
      if (target.matches("textarea") && click("cancel")) return;
      if (typing(target)) target.blur();
      document.querySelectorAll("details.menu[open]").forEach((one) => { one.open = false; });
      return;
    }
    if (event.key === "Enter" && target.id === "note" && !find("save")) { event.preventDefault(); target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(target)) return;
    if (find("help") && find("help").open && event.key !== "?") return;
    const act = Object.hasOwn(keys, event.key) && keys[event.key];
    if (act && "areu".includes(event.key) && (event.repeat || sending || leaving)) { event.preventDefault(); return; }
    if (act && act()) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("#help-link")) { event.preventDefault(); help(); }
    document.querySelectorAll("details.menu[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
  });

  // A decision may lead to the next row: whether it does is remembered in this browser.
  // While one is on its way, and while its key is held down, no further one is taken: it would be of a row nobody read.
  let deciding = false;
  let sending = false;
  let leaving = false;
  window.addEventListener("pageshow", () => { leaving = false; });
  const sends = (event) => Boolean(event.detail.requestConfig && event.detail.requestConfig.verb === "post");
  document.addEventListener("change", (event) => {
    if (event.target.id === "advance") localStorage.setItem("advance", event.target.checked ? "1" : "");
  });
  function restore() {
    const box = find("advance");
    if (box) box.checked = localStorage.getItem("advance") === "1";
  }
  document.addEventListener("DOMContentLoaded", restore);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const pressed = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
    const button = pressed && pressed.submitter;
    if (!sends(event)) return;
    sending = true;
    deciding = Boolean(button && ["accept", "reject"].includes(button.id));
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (sends(event)) sending = false; });
  document.addEventListener("htmx:afterSwap", (event) => {
    restore();
    if (sends(event) && deciding && localStorage.getItem("advance") === "1") { deciding = false; leaving = click("next"); }
  });

  function problem(text) { const place = find("problem"); if (place) place.textContent = text; }
  document.addEventListener("htmx:beforeRequest", () => problem(""));
  document.addEventListener("htmx:sendError", () => problem(document.body.dataset.lost));
  document.addEventListener("htmx:responseError", (event) => {
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const said = answer.getElementById("sentence");
    problem(said ? said.textContent : event.detail.xhr.responseText.slice(0, 300));
  });
})();
