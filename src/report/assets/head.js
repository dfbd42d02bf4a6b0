/* head.js - one head opened: its score over distance, what that is made of, its numbers, its place. */
const head = (() => {
  "use strict";
  const { el, make } = figure;
  const LONGEST = 1 << 20;

  const quoted = (v) => [el("q", {}, el("bdi", {}, report.plain(v.token || "?"))), " at " + report.count(v.position)];

  function scorePicture(box, z, n) {
    return score.curve(box, score.all(z, n), { unit: "nats", axis: "score, nats",
      note: ["S(m) in nats as the key is moved away from the query: near half in blue, far half in orange. " +
        "If the curve falls, near keys win; if it swings without end, no direction is left. Query ", ...quoted(z.query),
        ", key ", ...quoted(z.key), "."],
      marks: () => (report.trained && report.trained < n ? [{ x: report.trained, text: "trained" }] : [])
        .concat(report.advertised && report.advertised < n && report.advertised !== report.trained ? [{ x: report.advertised, text: "advertised", row: 1 }] : []) });
  }

  function spectrumPicture(box, z, rotation) {
    const wave = z.freq.map((w) => (2 * Math.PI) / w), size = z.re.map((re, n) => Math.hypot(re, z.im[n]));
    const most = Math.max(...size) || 1, lo = Math.log10(Math.min(...wave)), hi = Math.log10(Math.max(...wave, report.advertised || 1));
    const shot = make({ title: "Amplitudes by wavelength",
      rows: () => [["pair", "inv_freq", "wavelength_tokens", "amplitude_nats"], ...z.freq.map((w, n) => [n, w, wave[n], size[n]])],
      note: "Each bar is one rotated pair: how strongly it speaks, by the distance after which it repeats. " +
        "Pairs right of the context never complete a turn in it." });
    box.append(shot.box);
    const { LEFT, RIGHT, TOP, FOOT } = plot;
    const px = (x) => LEFT + 4 + ((RIGHT - LEFT - 8) * (Math.log10(x) - lo)) / (hi - lo || 1), py = (y) => FOOT - ((FOOT - TOP) * y) / (most * 1.04);
    const svg = plot.sheet("Amplitude of each rotated pair by its wavelength", "wavelength, tokens (log)", "|z|, nats");
    for (const v of plot.rounded(0, most, 3)) if (v) plot.ytick(svg, py(v), String(v));
    for (let e = Math.ceil(lo); e <= hi; e++) plot.tick(svg, px(10 ** e), e < 3 ? String(10 ** e) : form.power(e));
    const long = report.advertised || Infinity;
    wave.forEach((x, n) => svg.append(el("svg:path", { class: "stem " + (x > long ? "s2" : "s1"), d: `M${px(x).toFixed(1)} ${FOOT}V${py(size[n]).toFixed(1)}` })));
    const same = report.trained === report.advertised || !report.trained;
    if (report.advertised) plot.mark(svg, px(report.advertised), same ? "advertised " + report.tokens(report.advertised) : "advertised " + report.tokens(report.advertised), 0);
    if (!same) plot.mark(svg, px(report.trained), "original " + report.tokens(report.trained), 1);
    shot.body.append(svg);
    if (rotation && rotation.rope_theta) shot.caption.append(" Base " + report.count(rotation.rope_theta) + ".");
  }

  function placePicture(box, view, h) {
    const { event, name, context } = view;
    if (event.scale === "kind") return;
    const values = report.heads.layer.map((_, i) => report.value(name, context, i)), list = values.filter((v) => !Number.isNaN(v));
    const own = values[h];
    if (list.length < 2) return;
    let lo = event.scale === "half" || event.scale === "unit" ? 0 : Math.min(...list), hi = event.scale === "half" || event.scale === "unit" ? 1 : Math.max(...list);
    const log = event.scale === "log" && Math.max(...list) > 0;
    if (log) {
      hi = Math.log10(Math.max(...list));
      lo = Math.max(hi - 6, Math.log10(Math.min(...list.filter((v) => v > 0))));
    }
    if (!(hi > lo)) hi = lo + 1;
    const BINS = 40, bins = new Array(BINS).fill(0);
    const part = (v) => ((log ? (v > 0 ? Math.max(lo, Math.log10(v)) : lo) : v) - lo) / (hi - lo);
    for (const v of list) bins[Math.max(0, Math.min(BINS - 1, Math.floor(part(v) * BINS)))]++;
    const sorted = Float64Array.from(list).sort(), rank = sorted.filter((v) => v < own).length + 1;
    const median = sorted.length % 2 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
    const shot = make({ title: "Its place among all heads",
      rows: () => [["layer", "head", name], ...values.map((v, i) => [report.heads.layer[i], report.heads.head[i], Number.isNaN(v) ? "" : v])],
      note: Number.isNaN(own) ? "No answer for this head." : `${event.label}: this head has ${report.form(own)}, number ${report.count(rank)} of ${report.count(list.length)} from the lowest; the middle head has ${report.form(median)}.` });
    box.append(shot.box);
    const { LEFT, RIGHT, TOP, FOOT } = plot, most = Math.max(...bins);
    const px = (v) => LEFT + (RIGHT - LEFT) * Math.min(1, Math.max(0, part(v)));
    const svg = plot.sheet("All heads by " + event.label + ", this head marked", log ? event.label + " (log)" : event.label, "heads");
    for (const v of plot.rounded(0, most, 3)) if (v && Number.isInteger(v)) plot.ytick(svg, FOOT - ((FOOT - TOP) * v) / most, String(v));
    bins.forEach((n, i) => n && svg.append(el("svg:rect", { class: "bin", x: (LEFT + ((RIGHT - LEFT) * i) / BINS + 0.5).toFixed(1),
      width: ((RIGHT - LEFT) / BINS - 1).toFixed(1), y: (FOOT - ((FOOT - TOP) * n) / most).toFixed(1), height: (((FOOT - TOP) * n) / most).toFixed(1) })));
    for (const v of plot.rounded(lo, hi, 5)) plot.tick(svg, LEFT + ((RIGHT - LEFT) * (v - lo)) / (hi - lo), String(log ? Number((10 ** v).toPrecision(2)) : v));
    if (event.scale === "half") plot.mark(svg, px(0.5), "0.5 chance", own > 0.25 && own < 0.75 ? 1 : 0);
    if (!Number.isNaN(own)) plot.mark(svg, px(own), "this head", 0);
    shot.body.append(svg);
  }

  function contextPicture(box, view, h) {
    const { event, name } = view;
    if (event.scale === "kind" || report.nContext < 2) return;
    const of = (suffix) => report.contexts.map((_, c) => { const v = report.value(name + suffix, c, h); return Number.isNaN(v) ? null : v; });
    const counted = of(""), predicted = of("|predicted"), lo = of("|lo"), hi = of("|hi");
    const shot = make({ title: "Over context",
      rows: () => [["context", "counted", "ci95_low", "ci95_high", "predicted"], ...report.contexts.map((m, c) => [m, counted[c], lo[c], hi[c], predicted[c]])],
      note: event.label + " of this head at every examined context: counted with its 95 % interval, dashed the prediction." });
    box.append(shot.box);
    const positive = event.scale === "log" && [...counted, ...predicted].every((v) => v === null || v > 0);
    plot.curve(shot.body, { label: event.label + " of this head over context", xs: report.contexts, log: true, ylog: positive, height: 200,
      x: "context, tokens", y: "", xticks: report.contexts, range: event.scale === "half" || event.scale === "unit" ? [0, 1] : undefined,
      series: [{ label: "counted", values: counted, colour: "blue", points: true, width: 2 }, { label: "predicted", values: predicted, colour: "orange", dash: [5, 4] }],
      draw: [plot.barDrawer(lo, hi, "blue")],
      marks: () => (report.advertised ? [{ x: report.advertised, text: "advertised" }] : []).concat(event.scale === "half" ? [{ y: 0.5, text: "0.5 chance", colour: "soft", dash: [2, 3] }] : []) });
  }

  /* Every number of this head at this context. */
  function numbers(view, h) {
    const c = view.context, rows = [];
    for (const name of report.names) {
      if (name.includes("|") || report.text(name, c, h) === "–") continue;
      const t = (suffix) => report.text(name + suffix, c, h);
      rows.push([name, t(""), t("|lo") === "–" ? "" : t("|lo") + " – " + t("|hi"), t("|predicted") === "–" ? "" : t("|predicted")]);
    }
    const body = el("tbody", {}, ...rows.map((r) => el("tr", {}, el("th", { scope: "row" }, r[0].replaceAll("_", " ").replace(".", ": ")),
      ...r.slice(1).map((v) => el("td", {}, v)))));
    const table = el("table", {}, el("thead", {}, el("tr", {}, ...["At " + report.tokens(report.contexts[c]), "counted", "95 % interval", "predicted"].map((t) => el("th", { scope: "col" }, t)))), body);
    return el("details", { class: "numbers" }, el("summary", {}, "Every number of this head"),
      el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Numbers of this head" }, table));
  }

  /* The counts people ask for first, in words of the table. */
  function facts(view, h) {
    const list = [["Position inversion, attended", "attended.position_inversion"], ["random", "random.position_inversion"],
      ["Token inversion", "attended_random.token_inversion"], ["Alias pairs, attended (mean)", "attended.alias_pairs"], ["Energy, nats", "energy_nats"]];
    return el("dl", { class: "facts" }, ...list.filter(([, name]) => report.has(name)).map(([label, name]) =>
      el("div", {}, el("dt", {}, label), el("dd", { "data-column": name }, map.words(name, view.context, h)))));
  }

  /* Fill `box` with head h at view {event, name, context, key}. */
  function show(box, h, view, actions) {
    plot.clear(box);
    if (h === null) return;
    const layer = report.heads.layer[h], number = report.heads.head[h], kind = report.text("kind", view.context, h);
    const title = el("h3", { id: "h-head", tabindex: -1 }, `Layer ${layer}, head ${number} `,
      el("small", {}, [kind === "–" ? "" : kind, report.heads.class[h] === "full" ? "" : report.heads.class[h], "at " + report.count(report.contexts[view.context]) + " tokens"].filter(Boolean).join(", ")));
    const bar = el("p", { class: "bar" },
      el("button", { type: "button", onclick: () => actions.step(-1) }, "← previous head"),
      el("button", { type: "button", onclick: () => actions.step(1) }, "next head →"),
      el("button", { type: "button", onclick: () => actions.open(null) }, "close"));
    box.append(title, bar);
    if (report.heads.class[h] === "nope") {
      box.append(el("p", {}, "This layer has no RoPE: no position enters its scores, so there is nothing to count."));
      return;
    }
    box.append(facts(view, h));
    const z = report.terms(h, view.key), shots = el("div", { class: "shots" });
    const other = view.key === "attended" ? "random" : "attended";
    if (report.terms(h, other) && z)
      box.append(el("p", { class: "bar" }, "Drawn with " + (view.key === "attended" ? "the key it attended most. " : "a random earlier key. "),
        el("button", { type: "button", onclick: () => actions.key(other) }, other === "random" ? "draw a random key" : "draw the attended key")));
    box.append(shots);
    if (z) {
      const effective = report.value("effective_context", view.context, h) || report.contexts[view.context];
      const halves = scorePicture(shots, z, Math.min(LONGEST, effective));
      score.histogram(shots, halves, { unit: "nats", axis: "score, nats" });
      spectrumPicture(shots, z, report.rotationOf(h));
    } else {
      box.insertBefore(el("p", { class: "absent" }, "This document carries no vectors of this head, so its score cannot be drawn."), shots);
    }
    contextPicture(shots, view, h);
    placePicture(shots, view, h);
    const asked = z && whatif.panel(h, view, actions.link);
    if (asked) box.append(asked);
    box.append(numbers(view, h));
  }

  return { show };
})();
