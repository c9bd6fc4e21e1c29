// The form and the answer. Nothing is sent anywhere: answers are in the fragment of the address.
const data = JSON.parse(document.getElementById("data").textContent);
const questions = data.questions.questions;
const form = document.getElementById("form");

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

const control = (question) => {
  const attributes = { id: question.id, name: question.id };
  const about = [question.help && `${question.id}-help`, "least" in question && `${question.id}-error`].filter(Boolean);
  if (about.length) attributes["aria-describedby"] = about.join(" ");
  if (question.choices) {
    const options = Object.entries(question.choices).map(([value, text]) => make("option", { value }, text));
    return make("select", attributes, ...options);
  }
  if ("least" in question) {
    return make("input", { ...attributes, type: "number", inputmode: "numeric", min: question.least, max: question.most, step: 1 });
  }
  return make("input", { ...attributes, type: "checkbox" });
};

const row = (question) => {
  const input = control(question);
  const label = make("label", { for: question.id }, question.text);
  const help = question.help ? [make("p", { class: "help", id: `${question.id}-help` }, question.help)] : [];
  const error = make("p", { class: "error", id: `${question.id}-error`, hidden: "" });
  const isCheck = input.type === "checkbox";
  const parts = isCheck ? [make("div", { class: "check" }, input, label), ...help] : [label, ...help, input, error];
  return make("div", { class: "question", "data-question": question.id }, ...parts);
};

for (const [id, factor] of Object.entries(data.questions.factors)) {
  const rows = questions.filter((it) => it.factor === id).map(row);
  form.append(make("fieldset", {}, make("legend", {}, factor.title), make("p", { class: "asks" }, factor.asks), ...rows));
}

const show = (question, value) => {
  const input = document.getElementById(question.id);
  if (input.type === "checkbox") input.checked = value;
  else input.value = value;
};

// What the form says; a number that is none counts as the default, and says so.
const read = (question) => {
  const input = document.getElementById(question.id);
  if (input.type === "checkbox") return input.checked;
  if (question.choices) return input.value;
  const number = Number(input.value);
  const isRight = input.value !== "" && Number.isInteger(number) && number >= question.least && number <= question.most;
  const error = document.getElementById(`${question.id}-error`);
  error.hidden = isRight;
  error.textContent = isRight ? "" : `A whole number from ${question.least} to ${question.most}; ${question.default} counts until then.`;
  if (isRight) input.removeAttribute("aria-invalid");
  else input.setAttribute("aria-invalid", "true");
  return isRight ? number : question.default;
};

// A question that is not asked is not answered.
const answers = () => {
  let given = {};
  for (const question of questions) given[question.id] = read(question);
  for (;;) {
    const { answers: counts } = recommend(data, given);
    const dropped = questions.filter((it) => given[it.id] !== undefined && counts[it.id] !== given[it.id]);
    if (!dropped.length) return { given, counts };
    given = Object.fromEntries(Object.entries(given).filter(([id]) => !dropped.some((it) => it.id === id)));
  }
};

const list = (id, texts) => {
  const section = document.getElementById(id);
  section.hidden = !texts.length;
  section.querySelector("ul").replaceChildren(...texts.map((text) => make("li", {}, text)));
};

const fragment = (given) => {
  const changed = questions.filter((it) => given[it.id] !== undefined && given[it.id] !== it.default);
  return new URLSearchParams(changed.map((it) => [it.id, given[it.id]])).toString();
};

const sum = (count, one, many) => `${count} ${count === 1 ? one : many}`;

const update = () => {
  const { given, counts } = answers();
  const result = recommend(data, given);
  for (const question of questions) {
    const isAsked = !question.when || recommend.holds(question.when, counts);
    document.querySelector(`[data-question="${question.id}"]`).hidden = !isAsked;
  }
  const outcome = (fact) => result.outcomes.find((it) => it.fact === fact);
  const nodes = sum(result.total.nodes, "node", "nodes");
  document.getElementById("headline").textContent = `Pattern ${outcome("pattern").name}`;
  document.getElementById("status").textContent =
    `Pattern ${outcome("pattern").value} on ${outcome("runsOn").name}, ${outcome("topology").name.toLowerCase()}: ` +
    `${nodes}, ${result.total.cpu} processors, ${result.total.memory} GB of memory.` +
    (result.conflicts.length ? ` ${sum(result.conflicts.length, "contradiction", "contradictions")}.` : "");
  document.getElementById("outcomes").replaceChildren(
    ...result.outcomes.flatMap((it) => [make("dt", {}, it.title), make("dd", {}, make("strong", {}, it.name), ` ${it.says}`)]),
  );
  for (const id of ["conflicts", "because", "watch", "alternatives"]) list(id, result[id]);
  const cells = (texts) => texts.map((text) => make("td", {}, String(text)));
  document.getElementById("components").replaceChildren(
    ...result.components.map((it) => make("tr", {}, make("th", { scope: "row" }, it.title), ...cells([it.sites, it.nodes, it.cpu, `${it.memory} GB`]))),
  );
  document.getElementById("total").replaceChildren(
    make("th", { scope: "row" }, "All regions together"), ...cells(["", result.total.nodes, result.total.cpu, `${result.total.memory} GB`]),
  );
  document.getElementById("commands").textContent = result.commands.map((it) => `# ${it.does}\n${it.run}`).join("\n\n");
  document.getElementById("given").textContent = result.flags.trim().replaceAll(" --", ", ").replace(/^--/, "") || "all as they were";
  const link = fragment(given);
  document.getElementById("link").href = `#${link}`;
  return link;
};

// A fragment is checked like a file of answers; what is wrong in it is told and left out.
const load = () => {
  const wrong = [];
  for (const question of questions) show(question, question.default);
  for (const [id, text] of new URLSearchParams(location.hash.slice(1))) {
    const question = questions.find((it) => it.id === id);
    const kind = typeof question?.default;
    const value = kind === "boolean" ? { true: true, false: false }[text] : kind === "number" && /^\d+$/.test(text) ? Number(text) : text;
    const fits =
      kind === "boolean" ? value !== undefined
      : kind === "number" ? Number.isInteger(value) && value >= question.least && value <= question.most
      : question !== undefined && Object.hasOwn(question.choices, text);
    if (fits) show(question, value);
    else wrong.push(`The link says \`${id}=${text}\`, which no question takes.`);
  }
  list("wrong", wrong);
  update();
};

const fill = (given) => {
  for (const question of questions) show(question, question.id in given ? given[question.id] : question.default);
  list("wrong", []);
  history.replaceState(null, "", `#${update()}`);
};

const starts = document.getElementById("starts");
for (const scenario of data.scenarios) {
  const button = make("button", { type: "button" }, scenario.name);
  button.addEventListener("click", () => fill(scenario.answers));
  starts.append(make("li", {}, button));
}
document.getElementById("reset").addEventListener("click", () => fill({}));
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => history.replaceState(null, "", `#${update()}`));
window.addEventListener("hashchange", load);
load();
