/* explore.js - the explanation comes alive: one state, its dials, its link, and what is counted for it. */
(() => {
  "use strict";
  const { el } = figure, { percent, EVENTS } = pictures;
  figure.level = 3;
  const id = (name) => document.getElementById(name);
  const pause = () => new Promise((done) => setTimeout(done));

  /* --- the state and its dials ------------------------------------------------------------------- */
  const FAMILY = { id: "vectors", label: "Vectors", entries: [["aligned", "aligned"], ["gaussian", "random (Gaussian)"], ["flat", "random phases"], ["slow-heavy", "slow-heavy"], ["fast-heavy", "fast-heavy"]],
    help: "Aligned: the first key agrees with the query in every pair, the case of P's theorems; the second key is unrelated. Random: all numbers independent and normal. " +
      "Random phases: equal strengths. Slow-heavy: the slowest pair is 100 times as strong as the fastest; fast-heavy: the reverse (ours)." };
  const SEED = { id: "seed", label: "Draw", lo: 0, hi: 4294967295, from: 0, to: 40, step: 1, whole: true, help: "Number of the random draw: another number, other vectors." };
  const HEAD = { id: "head_dim", label: "head_dim", entries: [2, 4, 8, 16, 32, 64, 80, 96, 128, 256].map((n) => [n, String(n)]), help: "Numbers in a query and in a key; every two of them make a pair." };
  const PAIR = { id: "pair", label: "Pair, 0 is the fastest", lo: 0, hi: 127, from: 0, to: 63, step: 1, whole: true };
  const DISTANCE = { id: "distance", label: "Distance m", root: 2, from: 0, to: 15, step: 0.05, lo: 0, hi: 131071, whole: true };
  const PLACE = { id: "place", label: "Look at distance", root: 2, from: 0, to: 15, step: 0.02, lo: 0, hi: 131071, whole: true };
  const { BASE, CONTEXT, DTYPE, SCALING, FACTOR, ORIGINAL } = settings;
  const DIALS = [BASE, CONTEXT, HEAD, DTYPE, SCALING, FACTOR, ORIGINAL, FAMILY, SEED, PAIR, DISTANCE, PLACE];
  const START = { base: 10000, context: 32768, head_dim: 128, dtype: "bf16", scaling: "none", factor: 8, original: 8192, vectors: "aligned", seed: 1, pair: 20, distance: 100, place: null };
  const state = { ...START, ...settings.read(location.hash, DIALS) };

  const link = () => "#" + new URLSearchParams(Object.entries(state).filter(([key, v]) => v !== START[key]).map(([key, v]) => [key, String(v)])).toString();
  function fit() { /* what the others allow */
    PAIR.to = PAIR.hi = state.head_dim / 2 - 1;
    state.pair = Math.min(state.pair, PAIR.hi);
    state.distance = Math.min(state.distance, state.context - 1);
    if (state.place !== null && state.place >= state.context) state.place = null;
    DISTANCE.hi = PLACE.hi = state.context - 1;
    DISTANCE.to = PLACE.to = Math.log2(Math.max(2, state.context - 1));
  }
  /* `again`: new vectors or a new table; else only the pictures of one place. */
  function set(change, again = true) {
    Object.assign(state, change);
    fit();
    history.replaceState(null, "", state === START ? "#" : link());
    if (again) count();
    else place();
  }

  const dials = new Map();
  const dial = (of, again) => {
    const made = settings.make(of, state[of.id] ?? of.lo, (v) => set({ [of.id]: v }, again));
    dials.set(of.id, made);
    return made.box;
  };
  const status = el("span", { role: "status" }, "counting…"), progress = el("span", { "aria-hidden": "true" });
  const alarm = el("p", { class: "alarm", role: "alert" });
  const reset = el("button", { type: "button", onclick: () => { set({ ...START }); show(); } }, "reset all");
  fit();
  id("dials").append(el("div", { class: "panel live", role: "group", "aria-label": "Settings" },
    el("div", { class: "dials" }, dial(BASE), dial(CONTEXT), el("div", { class: "tail" }, el("p", { class: "status" }, status, progress), reset)),
    el("details", { class: "more" }, el("summary", {}, "More settings, and what they mean"), el("div", { class: "dials wide" },
      ...[HEAD, DTYPE, FAMILY, SEED, SCALING, FACTOR, ORIGINAL].map((d) => dial(d))))), alarm);
  id("pair-dials").append(el("div", { class: "dials live" }, dial(PAIR, false), dial(DISTANCE, false)));
  id("alias-dials").append(el("div", { class: "dials live" }, dial(PLACE, false),
    el("div", { class: "tail" }, el("button", { type: "button", onclick: () => set({ place: null }, false) }, "the most crowded score"))));

  function show() {
    for (const [name, made] of dials) made.show(state[name] ?? dials_place());
    const needs = settings.needs[state.scaling];
    dials.get("factor").box.hidden = !needs.includes("factor");
    dials.get("original").box.hidden = !needs.includes("original");
  }
  const dials_place = () => (now ? pictures.crowded(now.first, state.dtype) : 0);

  /* --- the four answers --------------------------------------------------------------------------- */
  const rowOf = new Map(EVENTS.map((e) => [e.id, { counted: el("td", {}, "…"), predicted: el("td", {}, "…"), words: el("td", { class: "l" }, "…") }]));
  const glance = el("table", { class: "glance" },
    el("thead", {}, el("tr", {}, ...["What fails", "Counted", "Predicted", "That is"].map((t, i) => el("th", { scope: "col", class: i % 3 ? null : "l" }, t)))),
    el("tbody", {}, ...EVENTS.map((e) => el("tr", { "data-event": e.id }, el("th", { scope: "row", class: "l" }, e.name + " ", el("small", {}, e.term)),
      ...Object.values(rowOf.get(e.id))))));
  id("glance").append(el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "The four failures at these settings" }, glance));

  /* count, total, measured and predicted of each event, from one cell of the core's answer. */
  function valuesOf(cell) {
    const one = cell.single[0], two = cell.double[0];
    const take = (e, count) => ({ count: Number(e[count]), total: Number(e.total), measured: e.measured, predicted: e.predicted });
    return { position_inversion: take(one.position_inversion, "count"),
      position_aliasing: { ...take(one.position_aliasing, "pairs"), distances: Number(one.position_aliasing.distances), predicted_distances: one.position_aliasing.predicted_distances },
      token_inversion: take(two.token_inversion, "count"), token_aliasing: take(two.token_aliasing, "count") };
  }
  const judged = { position_inversion: (p) => (p > 0.45 && p < 0.55 ? "practically a coin toss" : p <= 0.45 ? (p === 0 ? "near always wins" : p < 0.02 ? "near wins nearly always" : "near still wins more often") : "far wins more often than near"),
    token_inversion: (p) => (p > 0.45 && p < 0.55 ? "practically a coin toss" : p <= 0.45 ? (p === 0 ? "the right token always wins" : p < 0.02 ? "the right token wins nearly always" : "the right token still wins more often") : "the wrong token wins more often") };

  function answer(values) {
    for (const e of EVENTS) {
      const v = values[e.id], row = rowOf.get(e.id), crowd = e.id === "position_aliasing";
      const share = crowd ? (v.total ? v.distances / state.context : NaN) : v.measured, expected = crowd ? v.predicted_distances : v.predicted;
      const exact = `${form.count(v.count)} of ${form.count(v.total)} ${e.unit}`;
      Object.assign(row.counted.parentNode.dataset, { count: v.count, total: v.total, predicted: v.predicted, share, expected });
      row.counted.textContent = percent(share ?? NaN);
      row.predicted.textContent = percent(expected ?? NaN);
      row.words.textContent = crowd ? `of all distances share their score with another; ${exact} (${percent(v.measured ?? NaN)}) are ties` : exact + (judged[e.id] && v.measured !== null ? ": " + judged[e.id](v.measured) : "");
      document.querySelector(`[data-answer=${e.id}]`).replaceChildren(el("b", {}, `At ${form.count(state.context)} tokens and base ${form.count(state.base)}: `),
        crowd ? `${percent(share)} of all distances share their rounded score with at least one other (predicted ${percent(expected ?? NaN)}). ${form.count(v.count)} of ${form.count(v.total)} pairs of places (${percent(v.measured ?? NaN)}) are ties.`
          : v.measured === null ? "no answer: there is nothing to compare here." : `${percent(v.measured)} (predicted ${percent(v.predicted ?? NaN)}), counted as ${exact}. ` + (judged[e.id] ? sentence(judged[e.id](v.measured)) : ""));
    }
  }
  const sentence = (s) => s[0].toUpperCase() + s.slice(1) + ".";

  /* --- counting ------------------------------------------------------------------------------------- */
  let run = 0, now = null;
  const curves = { length: { key: "", cells: [] }, base: { key: "", cells: [] } };
  const LENGTHS = Array.from({ length: 13 }, (_, i) => 2 ** (i + 5));
  const basesOf = (context) => Array.from({ length: context > 32768 ? 13 : 25 }, (_, i) => Number((10 ** (2 + (i * 6) / (context > 32768 ? 12 : 24))).toPrecision(3)));
  const FOUR = ["position_inversion", "position_aliasing", "token_inversion", "token_aliasing"];

  async function inputs(core, base) {
    const shape = { head_dim: state.head_dim, rotary_dim: state.head_dim, pairs: "half" };
    const table = await core.table({ ...shape, mechanism: state.scaling, rope_theta: base, context: state.context, parameters: settings.parameters(state) });
    const vectors = await core.vectors({ ...shape, family: state.vectors, seed: state.seed, draw: 0, n_k: 2 });
    return { ...shape, ...table, ...vectors, score_scale: 1, zeta: 0.01 };
  }
  const command = () => ["ropewalk theory --head-dim", state.head_dim, ...settings.ropeWords(state), "--coefficients", state.vectors, "--draws 1 --seed", state.seed,
    "--context", state.context, "--dtype", state.dtype, "--count"].join(" ");

  const outdated = (are, ...nodes) => nodes.forEach((n) => n.classList.toggle("stale", are));
  async function count() {
    const mine = ++run, old = () => mine !== run;
    document.documentElement.dataset.counting = "yes";
    outdated(true, glance, ...document.querySelectorAll("[data-answer],#length-pictures,#base-pictures,#base-words"));
    status.textContent = "counting…";
    alarm.textContent = "";
    try {
      const core = await ropewalkCore.worker().catch(() => ropewalkCore());
      await pause();
      if (old()) return;
      const given = await inputs(core, state.base), n = state.context, size = state.head_dim;
      const first = await core.scores({ ...given, k: given.k.subarray(0, size), from: 0, n }), second = await core.scores({ ...given, k: given.k.subarray(size, 2 * size), from: 0, n });
      if (old()) return;
      const terms = score.terms(given.q, given.k.subarray(0, size), given, 1), right = first[0] >= second[0] ? 1 : -1;
      now = { first, second, terms, lead: first.map((v, m) => right * (v - second[m])) };
      show();
      draw();
      await pause();
      if (old()) return;
      const [cell] = await core.measure({ ...given, contexts: [n], dtypes: [state.dtype], events: FOUR });
      if (old()) return;
      answer(valuesOf(cell));
      outdated(false, glance, ...document.querySelectorAll("[data-answer]"));
      await overLength(core, given, old);
      if (!old()) await overBase(core, old);
      if (old()) return;
      status.textContent = "counted";
      progress.textContent = "";
    } catch (e) {
      if (old()) return;
      alarm.textContent = "This cannot be counted: " + e.message;
      status.textContent = progress.textContent = "";
    }
    document.documentElement.dataset.counting = "no";
  }

  async function overLength(core, given, old) {
    const key = JSON.stringify([state.base, state.head_dim, state.dtype, state.scaling, state.factor, state.original, state.vectors, state.seed]);
    if (curves.length.key !== key) {
      const cells = LENGTHS.map((x) => ({ x, values: null }));
      for (const cell of cells) {
        progress.textContent = ` context ${form.tokens(cell.x)}`;
        await pause();
        if (old()) return;
        cell.values = valuesOf((await core.measure({ ...given, contexts: [cell.x], dtypes: [state.dtype], events: FOUR }))[0]);
      }
      if (old()) return;
      curves.length = { key, cells };
    }
    pictures.events(id("length-pictures"), curves.length.cells, { what: "context", axis: "context, tokens", xticks: LENGTHS.filter((_, i) => i % 2), xform: form.tokens,
      marks: () => [{ x: state.context, text: "your context" }] });
    outdated(false, id("length-pictures"));
  }

  async function overBase(core, old) {
    const key = JSON.stringify([state.context, state.head_dim, state.dtype, state.scaling, state.factor, state.original, state.vectors, state.seed]);
    if (curves.base.key !== key) {
      const cells = basesOf(state.context).map((x) => ({ x, values: null }));
      for (const cell of cells) {
        progress.textContent = ` base ${form.count(cell.x)}`;
        await pause();
        if (old()) return;
        cell.values = valuesOf((await core.measure({ ...(await inputs(core, cell.x)), contexts: [state.context], dtypes: [state.dtype], events: FOUR }))[0]);
      }
      if (old()) return;
      curves.base = { key, cells };
    }
    const cells = curves.base.cells;
    pictures.events(id("base-pictures"), cells, { what: "base", axis: "base (log)", log: 10, xticks: [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8], xform: (v) => (v >= 1e4 && Number.isInteger(Math.log10(v)) ? form.power(Math.log10(v)) : form.count(v)),
      marks: () => [{ x: state.base, text: "your base" }, { x: state.context, text: "base = context", dash: [2, 3] }] });
    const least = (event) => cells.filter((c) => c.values[event].measured !== null).reduce((a, b) => (!a || b.values[event].measured < a.values[event].measured ? b : a), null);
    const words = (event) => { const c = least(event); return c ? `${percent(c.values[event].measured)} at base ${form.count(c.x)}` : "no answer"; };
    id("base-words").textContent = `Of these ${cells.length} bases, at ${form.count(state.context)} tokens: far beats near least often, ${words("position_inversion")}; the wrong token wins least often, ${words("token_inversion")}.`;
    outdated(false, id("base-pictures"), id("base-words"));
  }

  /* --- pictures --------------------------------------------------------------------------------------- */
  let drawn = [], score_chart = null;
  function draw() {
    drawn = [];
    id("command").textContent = command();
    id("chosen").textContent = "Settings: " + Object.entries(state).filter(([key]) => !["pair", "distance", "place", ...["factor", "original"].filter((k) => !settings.needs[state.scaling].includes(k))].includes(key)).map(([key, v]) => `${key} ${typeof v === "number" ? form.count(v) : v}`).join(", ") + ".";
    id("format-words").textContent = `In ${state.dtype} a number keeps ${rounding.digits(state.dtype)} binary digits: between 1 and 2, or between 2 and 4, there are only ${form.count(2 ** (rounding.digits(state.dtype) - 1))} numbers.`;
    id("family-words").textContent = state.vectors === "aligned" ? "The vectors are aligned (a setting): at distance 0 this key agrees with the query in every pair, so every pair begins by favouring near." : "The vectors you chose are not made to lean to near: such a query and key lean one way or the other by chance, and another draw leans otherwise. Aligned vectors show the failure that P describes.";
    pictures.sum(id("sum-pictures"), { terms: now.terms, context: state.context });
    score_chart = pictures.inversion(id("inversion-pictures"), { first: now.first, places: () => (drawn.length ? drawn[drawn.length - 1].map((x, i) => ({ x, text: i ? "far" : "near" })) : []) });
    pictures.token(id("token-pictures"), now);
    pictures.tie(id("tie-pictures"), { ...now, dtype: state.dtype });
    id("inversion-pictures").append(game);
    drawPlaces();
    place();
  }
  /* What belongs to one pair and to one place. */
  function place() {
    if (!now) return;
    const p = pictures.pair(id("pair-pictures"), { terms: now.terms, n: state.pair, distance: state.distance });
    id("pair-words").textContent = `Pair ${state.pair} of ${now.terms.freq.length} turns by ${form.number(p.w)} radians a token, once every ${form.number(p.wave)} tokens. At distance ${form.count(state.distance)} it has turned ${form.number(p.turns)} times ` +
      `and gives ${form.number(p.part)} of at most ${form.number(p.most)}.`;
    const at = state.place ?? pictures.crowded(now.first, state.dtype), { value, same } = pictures.alias(id("alias-pictures"), { first: now.first, dtype: state.dtype, place: at });
    dials.get("place").show(at);
    id("alias-words").textContent = `At distance ${form.count(at)} the score is ${Number(now.first[at].toPrecision(8))}, in ${state.dtype} ${Number(value.toPrecision(8))}. ` +
      (same.length ? `${form.count(same.length)} other distance${same.length > 1 ? "s have" : " has"} the same: ${same.slice(0, 6).map(form.count).join(", ")}${same.length > 6 ? ", …" : "."}` : "No other distance has the same.");
  }

  /* A near and a far place, drawn again and again: the share tends to what is counted. */
  const tally = el("p", { class: "reading", "aria-live": "polite" });
  function drawPlaces(n = 0) {
    const half = Math.floor(state.context / 2);
    for (let i = 0; i < n && half; i++) {
      const next = (k) => { let h = Math.imul(2 * drawn.length + k + 1, 0x9e3779b1) ^ Math.imul(state.seed + 1, 0x85ebca6b); h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d); h = Math.imul(h ^ (h >>> 12), 0x297a2d39); return ((h ^ (h >>> 15)) >>> 0) / 4294967296; };
      drawn.push([Math.floor(next(0) * half), half + Math.floor(next(1) * (state.context - half))]);
    }
    if (!drawn.length) {
      tally.textContent = "Draw a near and a far place for the same key, and see which scores higher. After many draws the share comes close to what is counted.";
      return;
    }
    const [near, far] = drawn[drawn.length - 1], wins = drawn.filter(([a, b]) => now.first[b] > now.first[a]).length;
    tally.textContent = `Near: distance ${form.count(near)}, score ${form.number(now.first[near])}. Far: distance ${form.count(far)}, score ${form.number(now.first[far])}. ${now.first[far] > now.first[near] ? "Far wins" : "Near wins"}. ` +
      `Far has won ${form.count(wins)} of ${form.count(drawn.length)} draws (${percent(wins / drawn.length)}).`;
    score_chart.redraw();
  }
  const game = el("div", { class: "shot" }, el("div", { class: "shothead" }, el("h3", { class: "sub" }, "Try it")), el("p", { class: "bar live" }, el("button", { type: "button", onclick: () => drawPlaces(1) }, "draw two places"), el("button", { type: "button", onclick: () => drawPlaces(100) }, "draw 100 times")), tally);

  addEventListener("hashchange", () => {
    if (location.hash.length > 1 && !location.hash.includes("=")) return; /* a place of this page */
    Object.assign(state, START, settings.read(location.hash, DIALS));
    fit();
    count();
  });
  count();
})();
