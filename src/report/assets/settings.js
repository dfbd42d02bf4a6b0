/* settings.js - dials: sliders, numbers and choices with their words, checked wherever they come from. */
const settings = (() => {
  "use strict";
  const { el } = figure;

  /* A whole or real number on a slider with a box beside it for exact entry. dial: {id, label, help, lo, hi, from, to,
   * step, root, whole, digits}: the slider goes from root^from to root^to, or without a root from `from` to `to`. */
  function number(dial, value, change) {
    const rounded = (v) => (dial.whole ? Math.round(v) : Number(v.toPrecision(dial.digits || 3)));
    const place = (v) => (dial.root ? Math.log(v) / Math.log(dial.root) : v);
    const at = (p) => {
      const end = p > dial.to - dial.step ? dial.to : p; /* which no whole number of steps may reach */
      return dial.root ? dial.root ** end : end;
    };
    const slider = el("input", { type: "range", id: dial.id + "-slider", "aria-label": dial.label + ", slider", min: dial.from, max: dial.to, step: dial.step });
    const box = el("input", { type: "number", id: dial.id, min: dial.lo, max: dial.hi, step: "any", required: true,
      "aria-describedby": dial.help ? dial.id + "-help" : null });
    const show = (v) => {
      slider.max = String(dial.to);
      slider.value = String(place(v));
      slider.setAttribute("aria-valuetext", form.count(v));
      box.max = String(dial.hi);
      box.value = String(v);
      box.setCustomValidity("");
    };
    slider.addEventListener("input", () => {
      const v = rounded(at(Number(slider.value)));
      show(v);
      change(v);
    });
    box.addEventListener("change", () => {
      const v = check(dial, box.value);
      if (v === null) {
        box.setCustomValidity(`${dial.label} lies between ${form.count(dial.lo)} and ${form.count(dial.hi)}.`);
        box.reportValidity();
      } else {
        show(v);
        change(v);
      }
    });
    show(value);
    return { show, box: el("div", { class: "dial" }, el("label", { for: dial.id }, dial.label), slider, box, help(dial)) };
  }

  /* One of a list: dial.entries [[value, text]]. */
  function choice(dial, value, change) {
    const list = el("select", { id: dial.id, "aria-describedby": dial.help ? dial.id + "-help" : null, onchange: () => change(of(dial, list.value)) },
      ...dial.entries.map(([v, text]) => el("option", { value: v }, text)));
    const show = (v) => { list.value = String(v); };
    show(value);
    return { show, box: el("div", { class: "dial" }, el("label", { for: dial.id }, dial.label), list, help(dial)) };
  }

  const help = (dial) => (dial.help ? el("p", { class: "help", id: dial.id + "-help" }, dial.help) : null);
  const of = (dial, text) => { const found = dial.entries.find(([v]) => String(v) === text); return found ? found[0] : null; };

  /* A foreign text as a value of the dial, or null. */
  function check(dial, text) {
    if (dial.entries) return of(dial, String(text));
    const v = /^[0-9.eE+]{1,24}$/.test(String(text)) ? Number(text) : NaN;
    return v >= dial.lo && v <= dial.hi && (!dial.whole || Number.isInteger(v)) ? v : null;
  }

  const make = (dial, value, change) => (dial.entries ? choice : number)(dial, value, change);

  /* What of a link is valid, by the dials it names. */
  function read(hash, dials) {
    const p = new URLSearchParams(hash.replace(/^#/, "")), out = {};
    for (const dial of dials) {
      const v = p.has(dial.id) ? check(dial, p.get(dial.id)) : null;
      if (v !== null) out[dial.id] = v;
    }
    return out;
  }

  const BASE = { id: "base", label: "Base", root: 10, from: 1, to: 9, step: 0.02, lo: 2, hi: 1e12, digits: 3,
    help: "How slowly the slowest pairs turn; rope_theta in a model's config. 10,000 at first, 500,000 in Llama 3, millions for long contexts." };
  const CONTEXT = { id: "context", label: "Context", root: 2, from: 4, to: 17, step: 0.5, lo: 2, hi: 131072, whole: true,
    help: "Tokens: distances from 0 to one less are looked at. Up to 131,072 here; the command line goes on to 2,147,483,648." };
  const DTYPE = { id: "dtype", label: "Number format", entries: rounding.names.map((n) => [n, n]),
    help: "What a score is rounded to. Inversions compare unrounded scores and do not depend on it." };
  const SCALING = { id: "scaling", label: "Scaling", entries: [["none", "none"], ["linear", "linear"], ["ntk", "NTK"], ["yarn", "YaRN"], ["llama3", "llama3"]],
    help: "A recipe that stretches wavelengths for longer contexts: linear (arXiv 2306.15595), NTK (Su, kexue.fm/archives/9706), YaRN (arXiv 2309.00071), llama3 (Llama 3.1)." };
  const FACTOR = { id: "factor", label: "Factor", root: 2, from: 0, to: 6, step: 0.5, lo: 1, hi: 1e6, digits: 3, help: "How far the scaling stretches." };
  const ORIGINAL = { id: "original", label: "Original context", root: 2, from: 10, to: 17, step: 1, lo: 1, hi: 1e9, whole: true,
    help: "The length before stretching; YaRN and llama3 stretch the pairs that turn few times in it." };

  const needs = { none: [], linear: ["factor"], ntk: ["factor"], yarn: ["factor", "original"], llama3: ["factor", "original"] };
  /* The scaling of a state as the core takes it, and as words of the command line. */
  function parameters(state) {
    const out = {};
    if (needs[state.scaling].includes("factor")) out.factor = state.factor;
    if (needs[state.scaling].includes("original")) out.original_context_length = state.original;
    return out;
  }
  function ropeWords(state) {
    const words = ["--rope-theta", String(state.base)];
    if (state.scaling !== "none") words.push("--rope-scaling", state.scaling, "--rope-scale", String(state.factor));
    if (needs[state.scaling].includes("original")) words.push("--yarn-orig-ctx", String(state.original));
    return words;
  }

  return { make, read, check, needs, parameters, ropeWords, BASE, CONTEXT, DTYPE, SCALING, FACTOR, ORIGINAL };
})();
