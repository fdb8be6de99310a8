const by = id => document.getElementById(id), t = text => german[text] ?? text;
const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);
const switches = [...document.querySelectorAll("[data-trouble]")];

async function act(verb, body) {
  const answer = await fetch(`${root}/${verb}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  by("problem").textContent = answer.ok ? "" : (await answer.json()).error;
  await refresh();
}
function options(select, pairs) {
  if (select.options.length === pairs.length) return;
  select.replaceChildren(...pairs.map(([value, text]) => make("option", text, { value })));
}
function memberLine(one) {
  const line = make("p", "", { className: "line" });
  const devices = one.app_passwords.length ? one.app_passwords.join(", ") : t("no app connected");
  line.append(make("strong", `${one.display_name} (${one.user_id})`), make("span", devices, { className: "soft" }));
  const add = (text, verb, body) => line.append(
    make("button", t(text), { className: "quiet", onclick: () => act(verb, { user_id: one.user_id, ...body }) }));
  if (one.app_passwords.length) add("Revoke all", "revoke", {});
  add(one.enabled ? "Disable" : "Enable", "enable", { on: !one.enabled });
  add(one.talk_allowed ? "Forbid Talk" : "Allow Talk", "allow-talk", { on: !one.talk_allowed });
  return line;
}
function entryLine(one) {
  const row = make("tr", "");
  const query = new URLSearchParams(one.query).toString();
  const who = [one.user_id, one.auth_scheme, one.cookies.length ? t("cookies") : ""].filter(Boolean).join(" · ");
  row.append(make("td", new Date(one.at * 1000).toLocaleTimeString()),
    make("td", `${one.method} ${one.path}${query ? "?" + query : ""}`, { title: JSON.stringify(one.headers, null, 1) }),
    make("td", who), make("td", one.status || "–", { className: one.status < 400 && one.status ? "" : "bad" }));
  return row;
}
function how(one) {
  return [one.user, one.times === null ? "" : `${one.met}/${one.times}`].filter(Boolean).join(" · ");
}
function showTroubles(faults) {
  for (const one of switches) {
    const on = faults.troubles.filter(trouble => trouble.name === one.dataset.trouble);
    one.checked = on.length > 0;
    one.closest("label").querySelector(".how").textContent = on.map(how).filter(Boolean).join(", ");
  }
  const told = faults.troubles.map(one => how(one) ? `${one.name} (${how(one)})` : one.name);
  by("on").textContent = told.join(", ") || t("Nothing is wrong.");
  by("sequence").textContent = faults.sequence ? place(faults.sequence) : t("no sequence");
  by("faults").replaceChildren(...faults.scripted.map(text => make("li", text)));
}
function place(one) {
  const next = one.next === null ? t("end") : one.next || t("healthy");
  return `${one.place + 1}/${one.steps.length} · ${t("now")}: ${one.now || t("healthy")}, ${t("left")} `
    + `${Math.ceil(one.seconds_left)} s · ${t("then")}: ${next}`;
}
async function refresh() {
  const state = await (await fetch(`${root}/state`)).json();
  const wanted = encodeURIComponent(by("filter").value);
  const journal = await (await fetch(`${root}/journal?path_contains=${wanted}`)).json();
  by("summary").textContent = `${new Date(state.now * 1000).toLocaleString()} · ${state.failures} ${t("failed logins in 30 min")}`;
  options(by("conversations"), state.conversations.map(one => [one.token, one.name + (one.type === 1 ? ` (${t("direct")})` : "")]));
  const people = state.members.map(one => [one.user_id, one.display_name]);
  options(by("actors"), people);
  options(by("victim"), [["", t("everybody")], ...people]);
  by("members").replaceChildren(...state.members.map(memberLine));
  showTroubles(state.faults);
  by("journal").replaceChildren(...journal.reverse().map(entryLine));
}
for (const form of document.querySelectorAll("form[data-verb]")) form.onsubmit = event => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(form));
  if ("times" in fields) fields.times = fields.times ? Number(fields.times) : null;
  act(form.dataset.verb, fields).then(() => { if (fields.text) form.elements.text.value = ""; });
};
by("play").onsubmit = event => {
  event.preventDefault();
  const parts = event.target.elements.steps.value.split(",").map(part => part.trim().split(/\s+/)).filter(([name]) => name);
  const steps = parts.map(([name, seconds]) => seconds === undefined && Number(name)
    ? { name: "", seconds: Number(name) } : { name, seconds: Number(seconds ?? 30) });
  act("sequence", { steps });
};
for (const one of switches) one.onchange = () => {
  const times = Number(by("times").value);
  const body = { name: one.dataset.trouble, on: one.checked };
  act("trouble", one.checked ? { ...body, user: by("victim").value || null, times: times || null } : body);
};
for (const button of document.querySelectorAll("button[data-verb]"))
  button.onclick = () => act(button.dataset.verb, JSON.parse(button.dataset.body));
by("filter").oninput = refresh;
refresh();
setInterval(refresh, 2000);
