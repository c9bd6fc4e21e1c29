"use strict";
// The interpreter of choosing/src once more: answers in, a recommendation out. choosing/tests/browser holds the two to each other.
const recommend = (() => {
  const holds = (when, facts) => {
    if (!when) return true;
    if (when.all) return when.all.every((it) => holds(it, facts));
    if (when.any) return when.any.some((it) => holds(it, facts));
    const fact = facts[when.fact];
    if ("is" in when) return fact === when.is;
    if ("oneOf" in when) return when.oneOf.includes(fact);
    if (typeof fact !== "number") return false;
    return "atLeast" in when ? fact >= when.atLeast : fact <= when.atMost;
  };

  const operations = {
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    multiply: (a, b) => a * b,
    divide: (a, b) => a / b,
    max: (a, b) => Math.max(a, b),
    min: (a, b) => Math.min(a, b),
  };
  const valueOf = (formula, facts) => {
    if (typeof formula === "string") return facts[formula];
    if (!Array.isArray(formula)) return formula;
    const [operation, ...operands] = formula;
    const numbers = operands.map((it) => valueOf(it, facts));
    return operation === "ceil" ? Math.ceil(numbers[0]) : numbers.reduce(operations[operation]);
  };

  const fill = (text, facts) => text.replace(/\{([^}]*)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
  const flag = (id) => id.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());

  const alone = (data, given) => {
    const facts = {};
    const told = { because: [], conflict: [], watch: [] };
    let flags = "";
    for (const question of data.questions.questions) {
      const isAsked = holds(question.when, facts);
      const answer = question.id in given ? given[question.id] : question.default;
      if (!isAsked && answer !== question.default) told.conflict.push(fill(data.rules.ignored, { question: question.id }));
      const counts = isAsked ? answer : question.default;
      if (counts !== question.default) flags += ` --${flag(question.id)}=${counts}`;
      facts[question.id] = counts;
    }
    const answers = { ...facts };
    facts.flags = flags;
    const reasons = [];
    for (const step of [...data.sizing.measured, ...data.rules.steps, ...data.sizing.nodes]) {
      const found = step.cases.find((it) => holds(it.when, facts));
      facts[step.set] = "formula" in found ? valueOf(found.formula, facts) : found.value;
      if (found.because) reasons.push(found.because);
    }
    const components = [];
    const total = { nodes: 0, cpu: 0, memory: 0 };
    for (const rule of data.sizing.components.filter((it) => holds(it.when, facts))) {
      const [sites, nodes, cpu, memory] = [rule.sites, rule.nodes, rule.cpu, rule.memory].map((it) => valueOf(it, facts));
      if (nodes <= 0) continue;
      components.push({ name: rule.name, title: rule.title, sites, nodes, cpu, memory });
      total.nodes += sites * nodes;
      total.cpu += sites * nodes * cpu;
      total.memory += sites * nodes * memory;
    }
    facts.totalNodes = total.nodes;
    told.because.push(...reasons.map((text) => fill(text, facts)));
    for (const remark of data.rules.remarks.filter((it) => holds(it.when, facts))) {
      for (const list in told) if (list in remark) told[list].push(fill(remark[list], facts));
    }
    const outcomes = data.outcomes.outcomes.map((rule) => {
      const value = facts[rule.fact];
      const meaning = rule.values[String(value)];
      return { fact: rule.fact, title: rule.title, value, name: fill(meaning.title, facts), says: fill(meaning.says, facts) };
    });
    const { first, others } = data.outcomes.sites;
    const sites = Array.from({ length: facts.regions }, (_, at) => (at === 0 ? first : others.replace("{number}", at + 1)));
    const those = { all: sites, full: sites.slice(0, facts.fullRegions), planes: sites.slice(facts.fullRegions) };
    const commands = data.outcomes.commands
      .filter((it) => holds(it.when, facts) && (!it.sites || those[it.sites].length))
      .map((it) => ({
        does: it.does,
        run: it.sites ? those[it.sites].map((site) => fill(it.run, { ...facts, site })).join("\n") : fill(it.run, facts),
      }));
    const { because, conflict: conflicts, watch } = told;
    return { result: { answers, flags, outcomes, because, conflicts, watch, alternatives: [], components, total, commands }, facts };
  };

  // An alternative is what the rules say of other answers, where these change something and go together with the rest.
  const interpret = (data, given) => {
    const { result, facts } = alone(data, given);
    for (const { alternative, instead } of data.rules.remarks.filter((it) => it.alternative && holds(it.when, facts))) {
      const other = alone(data, { ...given, ...instead });
      const changes = JSON.stringify(other.result.outcomes) !== JSON.stringify(result.outcomes);
      if (changes && other.result.conflicts.length <= result.conflicts.length) result.alternatives.push(fill(alternative, other.facts));
    }
    return result;
  };
  interpret.holds = holds;
  return interpret;
})();
