/* whatif.js - the opened head under another table: its embedded vectors, counted in the page by the core. */
const whatif = (() => {
  "use strict";
  const { el } = figure;
  const named = (dial, change) => ({ ...dial, ...change, id: "if-" + dial.id });
  const BASE = named(settings.BASE), FACTOR = named(settings.FACTOR), ORIGINAL = named(settings.ORIGINAL);
  const CONTEXT = named(settings.CONTEXT, { hi: 1048576, to: 20, help: "Tokens, up to 1,048,576. A sliding layer sees no further than its window." });
  const DTYPE = named(settings.DTYPE);
  const SCALING = named(settings.SCALING, { entries: [["file", "as in the file"], ...settings.SCALING.entries] });
  const DIALS = [BASE, CONTEXT, DTYPE, SCALING, FACTOR, ORIGINAL];
  const FOUR = ["position_inversion", "position_aliasing", "token_inversion", "token_aliasing"];
  const CAVEAT = "Counterfactual: the weights stay as they are and the table is another. That is a perturbation of this model, not evidence about " +
    "what a model trained with that table would do. ";

  let chosen = {}; /* what differs from the document, by dial */
  let run = 0;

  /* The rotated dimensions first, as the core and `measure` want them. */
  function ordered(v, rotation) {
    const from = rotation.rotary_offset || 0, to = from + rotation.rotary_dim;
    return Float64Array.from([...v.subarray(from, to), ...v.subarray(0, from), ...v.subarray(to)]);
  }

  /* A safetensors file of the two keys, the query and the table: what `measure --qk` reads. */
  function file(given, n) {
    const f32 = (list) => new Uint8Array(Float32Array.from(list).buffer), tensors = {
      inv_freq: ["F64", [given.inv_freq.length], new Uint8Array(Float64Array.from(given.inv_freq).buffer)],
      k: ["F32", [given.k.length / n, n], f32(given.k)], q: ["F32", [1, n], f32(given.q)] };
    const header = {};
    let at = 0;
    for (const [name, [dtype, shape, bytes]] of Object.entries(tensors)) {
      header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
      at += bytes.length;
    }
    const text = JSON.stringify(header), padded = text + " ".repeat((8 - (text.length % 8)) % 8), out = new Uint8Array(8 + padded.length + at);
    new DataView(out.buffer).setUint32(0, padded.length, true);
    out.set(new TextEncoder().encode(padded), 8);
    at = 8 + padded.length;
    for (const [, , bytes] of Object.values(tensors)) {
      out.set(bytes, at);
      at += bytes.length;
    }
    return out;
  }

  /* The panel of head h, whose pictures show the key of `view`; `changed` is called when the link must be. */
  function panel(h, view, changed) {
    const one = report.vectors(h, view.key), other = view.key === "attended" ? "random" : "attended", two = report.vectors(h, other);
    if (!one) return null;
    const { rotation } = one, n = one.q.length, own = { "if-base": rotation.rope_theta || 10000, "if-context": report.contexts[view.context],
      "if-dtype": [(report.doc.settings && report.doc.settings.dtype) || []].flat().find((d) => rounding.names.includes(d)) || "bf16", "if-scaling": "file", "if-factor": 4, "if-original": report.trained || 8192 };
    const state = () => ({ ...own, ...chosen });
    const plain = (s) => ({ base: s["if-base"], scaling: s["if-scaling"], factor: s["if-factor"], original: s["if-original"] });
    const seen = (s) => Math.min(s["if-context"], report.windowOf(h));

    const dials = new Map(DIALS.map((d) => [d.id, settings.make(d, state()[d.id], (v) => {
      if (v === own[d.id]) delete chosen[d.id];
      else chosen[d.id] = v;
      changed();
      count();
    })]));
    const status = el("p", { class: "status", role: "status" }, "not counted yet: move a slider, or count as it is"), alarm = el("p", { class: "alarm", role: "alert" });
    const shots = el("div", { class: "shots" }), command = el("code", {});
    let now = null;
    const save = el("button", { type: "button", onclick: () => figure.save("what-if-layer-" + report.heads.layer[h] + "-head-" + report.heads.head[h] + ".safetensors",
      "application/octet-stream", file(now, n)) }, "vectors and table");
    const told = el("div", { hidden: true }, el("p", { class: "small" }, "The same numbers from the command line, with these vectors as a file: ", save),
      el("pre", { class: "command", tabindex: 0, role: "group", "aria-label": "The command that gives the same numbers" }, command));
    const seenAs = (s) => report.tokens(s["if-context"]) + (report.windowOf(h) < s["if-context"] ? ` (window ${report.tokens(report.windowOf(h))})` : "");
    const documentAt = `${seenAs(own)}, ${own["if-dtype"]}`;
    const rows = [["Far beats near (position inversion)", view.key + ".position_inversion", (c) => c.single[0].position_inversion, "measured"],
      ["Pairs of places with one score (position aliasing)", view.key + ".alias_pairs", (c) => c.single[0].position_aliasing, "pairs"],
      ["Distances that share their score", view.key + ".alias_distances", (c) => c.single[0].position_aliasing, "distances"],
      ["Wrong token wins (token inversion)", "attended_random.token_inversion", (c) => c.double[0] && c.double[0].token_inversion, "measured"],
      ["Two tokens, one score (token aliasing)", "attended_random.token_aliasing", (c) => c.double[0] && c.double[0].token_aliasing, "measured"]]
      .map(([name, column, of, part]) => ({ column, of, part, own: el("td", {}, "–"), other: el("td", {}, "–"), name }));
    const head = (text, small) => el("th", { scope: "col" }, text + " ", el("small", {}, small));
    const otherHead = el("small", {}, "");
    const table = el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "l" }, "What fails"), head("The audit", "mean over its pairs, " + documentAt),
      head("These vectors", "as in the file, " + documentAt), el("th", { scope: "col" }, "These vectors, what if ", otherHead))),
    el("tbody", {}, ...rows.map((r) => el("tr", { "data-column": r.column }, el("th", { scope: "row", class: "l" }, r.name), el("td", {}, report.text(r.column, view.context, h)), r.own, r.other))));

    function words(e, part) {
      if (!e) return "–";
      const scale = part === "measured" ? 1 : part === "pairs" ? Number(e.total) : now.seen, expected = part === "distances" ? e.predicted_distances : e.predicted;
      const show = (v) => (v === null || v === undefined ? "–" : part === "measured" ? (v > 0 && v < 1e-6 ? "under 0.000001" : form.number(v)) : form.count(Math.round(v)));
      return show(part === "measured" ? e.measured : Number(e[part])) + (expected === null || expected === undefined ? "" : `, predicted ${show(expected * scale)}`);
    }

    /* Dials that mean something; a file whose base is unknown has none to move. */
    function fit(s) {
      const needs = settings.needs[s["if-scaling"]] || [];
      dials.get("if-factor").box.hidden = !needs.includes("factor");
      dials.get("if-original").box.hidden = !needs.includes("original");
      dials.get("if-base").box.hidden = !rotation.rope_theta && s["if-scaling"] === "file";
    }

    /* The table of a state: the document's own numbers where nothing about it is changed. */
    async function tableOf(core, s) {
      if (s["if-base"] === own["if-base"] && s["if-scaling"] === "file") return { inv_freq: Float64Array.from(rotation.inv_freq), attn_factor: rotation.attn_factor || 1 };
      const shape = { head_dim: n, rotary_dim: rotation.rotary_dim, rope_theta: s["if-base"], context: report.advertised || 0 };
      if (s["if-scaling"] !== "file") return core.table({ ...shape, mechanism: s["if-scaling"], parameters: settings.parameters(plain(s)) });
      const scalars = Object.entries(rotation.parameters || {}).filter(([, v]) => typeof v === "number");
      return core.table({ ...shape, mechanism: rotation.mechanism, parameters: Object.fromEntries(scalars) });
    }

    async function count() {
      const mine = ++run, old = () => mine !== run || !box.isConnected, s = state();
      fit(s);
      box.dataset.counting = "yes";
      status.textContent = "counting…";
      alarm.textContent = "";
      try {
        const core = await ropewalkCore.worker().catch(() => ropewalkCore());
        const q = ordered(one.q, rotation), first = ordered(one.k, rotation), k = two ? Float64Array.from([...first, ...ordered(two.k, rotation)]) : first;
        const fixed = { head_dim: n, rotary_dim: rotation.rotary_dim, pairs: rotation.pairs === "interleaved" ? "interleaved" : "half", score_scale: one.scale, q, k };
        for (const [cell, which] of [["own", own], ["other", s]]) {
          const given = { ...fixed, ...(await tableOf(core, which)) }, length = seen(which);
          const [answer] = await core.measure({ ...given, contexts: [length], dtypes: [which["if-dtype"]], events: FOUR });
          if (old()) return;
          now = { ...given, seen: length };
          for (const r of rows) {
            const e = r.of(answer);
            r[cell].textContent = words(e, r.part);
            r[cell].dataset.value = e ? String(e[r.part]) : "";
          }
        }
        const values = await core.scores({ ...now, k: first, from: 0, n: now.seen });
        if (old()) return;
        otherHead.textContent = `${dials.get("if-base").box.hidden ? "" : `base ${form.count(s["if-base"])}, `}scaling ${s["if-scaling"] === "file" ? "as in the file" : s["if-scaling"]}, ${seenAs(s)}, ${s["if-dtype"]}`;
        command.textContent = ["ropewalk measure --qk FILE.safetensors --rotary-dim", fixed.rotary_dim, "--pairs", fixed.pairs, "--yarn-attn-factor", now.attn_factor, "--score-scale", fixed.score_scale,
          "--context", now.seen, "--dtype", s["if-dtype"]].join(" ");
        told.hidden = false;
        plot.clear(shots);
        const halves = score.curve(shots, values, { title: "Score over distance, what if", unit: "nats", axis: "score, nats", note: ["The same query and key under the chosen table: near half in blue, far half in orange."],
          marks: () => (report.trained && report.trained < now.seen ? [{ x: report.trained, text: "trained" }] : []) });
        score.histogram(shots, halves, { title: "Distribution of scores, what if", unit: "nats", axis: "score, nats" });
        status.textContent = "counted";
      } catch (e) {
        if (old()) return;
        alarm.textContent = "This cannot be counted: " + e.message;
        status.textContent = "";
      }
      box.dataset.counting = "no";
    }

    const reset = el("button", { type: "button", onclick: () => { chosen = {}; for (const [id, d] of dials) d.show(own[id]); changed(); count(); } }, "back to the file's settings");
    const start = el("button", { type: "button", onclick: count }, "count these vectors");
    const box = el("section", { class: "whatif", "aria-labelledby": "h-whatif" }, el("h4", { id: "h-whatif" }, "What if the base were larger, the context longer, the number format coarser?"),
      el("p", { class: "caveat" }, el("b", {}, CAVEAT), "The audit's numbers are means over many queries and keys of this head; these are of the one query and the two keys that it carries " +
        `(${view.key} key for positions, attended and random for tokens), so the two differ even at the same settings.`),
      el("div", { class: "dials" }, ...[BASE, CONTEXT, DTYPE, SCALING, FACTOR, ORIGINAL].map((d) => dials.get(d.id).box)),
      el("div", { class: "tail" }, start, reset, status), alarm,
      el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "The audit's numbers and those of its vectors under another table" }, table), told, shots);
    fit(state());
    if (Object.keys(chosen).length) setTimeout(count);
    return box;
  }

  return { panel, words: () => Object.entries(chosen), read: (hash) => { chosen = settings.read(hash, DIALS); } };
})();
