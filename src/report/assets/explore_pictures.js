/* explore_pictures.js - the pictures of the explanation, each a function of what was counted. */
const pictures = (() => {
  "use strict";
  const { el, make } = figure;
  const { LEFT, RIGHT, TOP, FOOT } = plot;
  const percent = (v) => (v > 0 && v < 1e-6 ? "under 0.0001\u202f%" : Number.isFinite(v) ? String(Number((100 * v).toPrecision(v > 0.999 && v < 1 ? 5 : 3))) + "\u202f%" : "no answer");
  const px = (x, lo, hi) => LEFT + ((RIGHT - LEFT) * (x - lo)) / (hi - lo || 1);

  /* --- one pair --------------------------------------------------------------------------------- */
  /* A circle with the query's arrow and the key's, turned; beside it the pair's part of the score. */
  function pair(box, { terms, n, distance }) {
    plot.clear(box);
    const w = terms.freq[n], a = Math.hypot(terms.re[n], terms.im[n]), phase = Math.atan2(terms.im[n], terms.re[n]), wave = (2 * Math.PI) / w;
    const angle = phase + distance * w, R = 84, x = 240, y = 104;
    const turn = make({ title: "The two arrows", rows: () => [["pair", "speed_rad_per_token", "distance", "angle_rad"], [n, w, distance, distance * w]],
      note: "The query's arrow lies to the right, the key's is turned away from it by what the distance makes of this pair. Pointing the same way: the most this pair can give; opposite: the least." });
    const svg = el("svg:svg", { class: "chart", viewBox: "0 0 480 208", role: "img", "aria-label": "Two arrows in a plane, the key's turned by distance times speed" });
    const to = (r, t) => `${(x + r * Math.cos(t)).toFixed(1)} ${(y - r * Math.sin(t)).toFixed(1)}`;
    const left = ((angle % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);
    svg.append(el("svg:circle", { class: "grid", cx: x, cy: y, r: R }),
      el("svg:path", { class: "grid", d: `M${x - R} ${y}H${x + R}M${x} ${y - R}V${y + R}` }),
      el("svg:path", { class: "mark", d: `M${to(26, 0)}A26 26 0 ${left > Math.PI ? 1 : 0} 0 ${to(26, left)}` }),
      el("svg:path", { class: "line s1", d: arrow(x, y, R, 0) }), el("svg:path", { class: "line s2", d: arrow(x, y, R * 0.94, angle) }),
      el("svg:text", { class: "tick", x: x + R + 6, y: y + 4 }, "query"),
      el("svg:text", { class: "marklabel", x: x + R + 20, y: TOP }, "turned " + Math.round((left * 180) / Math.PI) + "°"),
      el("svg:text", { class: "tick", x: (x + (R + 10) * Math.cos(angle)).toFixed(1), y: (y - (R + 10) * Math.sin(angle) + 4).toFixed(1), "text-anchor": Math.cos(angle) < 0 ? "end" : "start" }, Math.abs(Math.sin(angle)) > 0.12 || Math.cos(angle) < 0 ? "key" : ""));
    turn.body.append(svg);
    const span = Math.max(8, distance * 1.15, Math.min(wave * 2.2, distance * 4 + 40)), most = a || 1;
    const wavy = make({ title: "What this pair gives to the score",
      rows: () => [["distance", "part_of_score"], ...Array.from({ length: 201 }, (_, i) => [(span * i) / 200, a * Math.cos(phase + ((span * i) / 200) * w)])],
      note: "A cosine of the distance, and the point where the two tokens are now." });
    const chart = plot.sheet("The pair's part of the score over distance: a cosine", "distance m", "part of the score");
    const py = (v) => (TOP + FOOT) / 2 - ((FOOT - TOP) / 2.15) * (v / most);
    let d = "";
    const steps = Math.min(4000, Math.max(240, Math.ceil((span / wave) * 24)));
    for (let i = 0; i <= steps; i++) d += `${i ? "L" : "M"}${px((span * i) / steps, 0, span).toFixed(1)} ${py(a * Math.cos(phase + ((span * i) / steps) * w)).toFixed(1)}`;
    for (const v of [-most, 0, most]) plot.ytick(chart, py(v), form.number(v));
    for (const v of plot.rounded(0, span, 5)) plot.tick(chart, px(v, 0, span), form.count(v));
    chart.append(el("svg:path", { class: "line s2 thin", d }), el("svg:path", { class: "mark", d: `M${px(distance, 0, span).toFixed(1)} ${TOP}V${FOOT}` }),
      el("svg:circle", { class: "dot s2", cx: px(distance, 0, span).toFixed(1), cy: py(a * Math.cos(angle)).toFixed(1), r: 5 }));
    wavy.body.append(chart);
    box.append(turn.box, wavy.box);
    return { w, wave, angle: left, turns: (distance * w) / (2 * Math.PI), part: a * Math.cos(angle), most: a };
  }
  function arrow(x, y, r, t) {
    const tip = [x + r * Math.cos(t), y - r * Math.sin(t)];
    const side = (s) => `${(tip[0] - 9 * Math.cos(t + s)).toFixed(1)} ${(tip[1] + 9 * Math.sin(t + s)).toFixed(1)}`;
    return `M${x} ${y}L${tip[0].toFixed(1)} ${tip[1].toFixed(1)}M${side(0.45)}L${tip[0].toFixed(1)} ${tip[1].toFixed(1)}L${side(-0.45)}`;
  }

  /* --- all pairs -------------------------------------------------------------------------------- */
  function sum(box, { terms, context }) {
    plot.clear(box);
    const wave = terms.freq.map((w) => (2 * Math.PI) / w), size = terms.re.map((re, n) => Math.hypot(re, terms.im[n]));
    const turning = wave.filter((x) => x <= context).length;
    const bars = make({ title: "How long each pair takes to turn once",
      rows: () => [["pair", "speed_rad_per_token", "wavelength_tokens", "strength"], ...wave.map((x, n) => [n, terms.freq[n], x, size[n]])],
      note: `One bar a pair, its height the distance after which it repeats. ${turning} of ${wave.length} pairs turn at least once within ${form.count(context)} tokens (blue); the others (orange, right) only begin to.` });
    const lo = 0, hi = Math.max(Math.log10(Math.max(...wave)), Math.log10(context)) + 0.2, svg = plot.sheet("Wavelength of every pair on a logarithmic scale, the context marked", "pair, fast to slow", "wavelength, tokens (log)");
    const py = (v) => FOOT - ((FOOT - TOP) * (Math.log10(Math.max(1, v)) - lo)) / (hi - lo), step = (RIGHT - LEFT) / wave.length;
    for (let e = 0; e <= hi; e += hi > 6 ? 2 : 1) plot.ytick(svg, py(10 ** e), e < 4 ? form.count(10 ** e) : form.power(e));
    wave.forEach((x, n) => svg.append(el("svg:rect", { class: x <= context ? "bin" : "bin slow", x: (LEFT + n * step + step * 0.12).toFixed(1), width: (step * 0.76).toFixed(1), y: py(x).toFixed(1), height: (FOOT - py(x)).toFixed(1) })));
    svg.append(el("svg:path", { class: "mark", d: `M${LEFT} ${py(context).toFixed(1)}H${RIGHT}` }), el("svg:text", { class: "marklabel", x: LEFT + 5, y: (py(context) - 4).toFixed(1) }, "context " + form.tokens(context)));
    bars.body.append(svg);
    const chosen = [...new Set([0, 0.2, 0.4, 0.6, 0.8, 1].map((f) => Math.round(f * (wave.length - 1))))], span = Math.min(context, 512);
    const waves = make({ title: "A few pairs, and their sum",
      rows: () => [["distance", ...chosen.map((n) => "pair_" + n), "sum_of_all"], ...Array.from({ length: span }, (_, m) => [m, ...chosen.map((n) => size[n] * Math.cos(Math.atan2(terms.im[n], terms.re[n]) + m * terms.freq[n])), total(terms, m)])],
      note: `Each line is one pair's part over the first ${form.count(span)} distances, from the fastest (top) to the slowest, its number at the left; below, in orange, the sum of all ${wave.length} pairs: the score. Each is drawn to its own height.` });
    const art = plot.sheet("Six cosines from fast to slow, and the sum of all pairs below", "distance m", ""), rows = chosen.length + 2, high = (FOOT - TOP) / rows;
    const line = (f, middle, half) => {
      let d = "", most = 1e-300;
      const values = Array.from({ length: 433 }, (_, i) => f(((span - 1) * i) / 432));
      for (const v of values) most = Math.max(most, Math.abs(v));
      values.forEach((v, i) => { d += `${i ? "L" : "M"}${px(i, 0, 432).toFixed(1)} ${(middle - (half * v) / most).toFixed(1)}`; });
      return d;
    };
    chosen.forEach((n, i) => {
      const middle = TOP + high * (i + 0.5);
      art.append(el("svg:path", { class: "line s1 thin", d: line((m) => Math.cos(Math.atan2(terms.im[n], terms.re[n]) + m * terms.freq[n]), middle, high * 0.42) }),
        el("svg:text", { class: "tick", x: LEFT - 5, y: (middle + 4).toFixed(1), "text-anchor": "end" }, String(n)));
    });
    art.append(el("svg:path", { class: "line s2", d: line((m) => total(terms, m) - terms.constant, TOP + high * (rows - 1), high * 0.9) }),
      el("svg:text", { class: "tick", x: LEFT - 5, y: (TOP + high * (rows - 1) + 4).toFixed(1), "text-anchor": "end" }, "sum"));
    for (const v of plot.rounded(0, span, 4)) plot.tick(art, px(v, 0, span - 1), form.count(v));
    waves.body.append(art);
    box.append(bars.box, waves.box);
  }
  function total(terms, m) {
    let v = terms.constant;
    for (let n = 0; n < terms.freq.length; n++) v += terms.re[n] * Math.cos(m * terms.freq[n]) - terms.im[n] * Math.sin(m * terms.freq[n]);
    return v;
  }

  /* --- far beats near --------------------------------------------------------------------------- */
  function inversion(box, { first, places }) {
    plot.clear(box);
    const halves = score.curve(box, first, { note: ["The score of the query and the first key, as the key moves away: near half in blue, far half in orange. Lines mark the pair of places drawn last."],
      marks: () => places() });
    score.histogram(box, halves, {});
    return halves.chart;
  }

  /* --- different places, one score ---------------------------------------------------------------- */
  function alias(box, { first, dtype, place }) {
    plot.clear(box);
    const n = first.length, round = (m) => rounding.to(dtype, first[m]), value = round(place), same = [];
    for (let m = 0; m < n; m++) if (m !== place && round(m) === value) same.push(m);
    const cells = cellsAround(dtype, value), lo = cells[0], hi = cells[cells.length - 1], inside = [];
    for (let m = 0; m < n; m++) if (first[m] > lo && first[m] < hi) inside.push(m);
    const glass = make({ title: "Under the magnifying glass",
      rows: () => [["distance", "score", "rounded_to_" + dtype, "same_as_distance_" + place], ...inside.map((m) => [m, first[m], round(m), round(m) === value ? 1 : 0])],
      note: `Every dot is a distance, its height the score, magnified. Between two lines all scores round to one ${dtype} number: the orange ones are all the same to this head.` });
    /* In a fine format five digits are the same in every cell: there the scale is the difference. */
    const middles = cells.slice(1).map((v, i) => rounding.to(dtype, (v + cells[i]) / 2)), names = middles.map((v) => String(Number(v.toPrecision(5))));
    const fine = new Set(names).size < names.length;
    if (fine) middles.forEach((v, i) => { names[i] = (v > value ? "+" : "") + (v === value ? "0" : (v - value).toExponential(1)); });
    const py = (v) => FOOT - ((FOOT - TOP) * (v - lo)) / (hi - lo || 1), svg = plot.sheet("Scores close to the chosen one, in the cells of rounding", "distance m", fine ? `score minus ${Number(value.toPrecision(8))}` : "score");
    cells.forEach((v, i) => svg.append(el("svg:path", { class: "grid", d: `M${LEFT} ${py(v).toFixed(1)}H${RIGHT}` }),
      i + 1 < cells.length ? el("svg:text", { class: "tick", x: LEFT - 5, y: (py((v + cells[i + 1]) / 2) + 4).toFixed(1), "text-anchor": "end" }, names[i]) : ""));
    for (const v of plot.rounded(0, n, 4)) plot.tick(svg, px(v, 0, n), form.count(v));
    const dots = (list) => thinned(list).map((m) => `M${px(m, 0, n).toFixed(1)} ${py(first[m]).toFixed(1)}h.01`).join("");
    svg.append(el("svg:path", { class: "dots s1", d: dots(inside.filter((m) => round(m) !== value)) }), el("svg:path", { class: "dots s2", d: dots(inside.filter((m) => round(m) === value)) }),
      el("svg:circle", { class: "ring", cx: px(place, 0, n).toFixed(1), cy: py(Math.min(hi, Math.max(lo, first[place]))).toFixed(1), r: 6 }));
    glass.body.append(svg);
    const rug = make({ title: "All places with the same score",
      rows: () => [["distance", "score", "rounded_to_" + dtype], [place, first[place], value], ...same.map((m) => [m, first[m], value])],
      note: "Every line is a distance whose score rounds to the same number as the chosen place (tall)." });
    const strip = plot.sheet("Distances whose rounded score equals the chosen one", "distance m", "");
    for (const v of plot.rounded(0, n, 4)) plot.tick(strip, px(v, 0, n), form.count(v));
    strip.append(el("svg:path", { class: "stem s2 fine", d: thinned(same).map((m) => `M${px(m, 0, n).toFixed(1)} ${TOP + 30}V${FOOT}`).join("") }),
      el("svg:path", { class: "mark", d: `M${px(place, 0, n).toFixed(1)} ${TOP}V${FOOT}` }));
    rug.body.append(strip);
    box.append(glass.box, rug.box);
    return { value, same };
  }
  const thinned = (list) => (list.length > 4000 ? list.filter((_, i) => i % Math.ceil(list.length / 4000) === 0) : list);
  /* Where rounding changes from one number to the next: the cell of `value` and two on each side. */
  function cellsAround(dtype, value) {
    if (!Number.isFinite(value)) return [-1, 1];
    const up = [], step = Math.abs(value - rounding.to(dtype, value * (1 + 2 ** -rounding.digits(dtype) * 1.5) || Number.MIN_VALUE)) || 2 ** -24;
    for (let i = -2; i <= 3; i++) up.push(value + (i - 0.5) * step);
    return up;
  }
  /* The first place of the rounded score that most places share. */
  function crowded(first, dtype) {
    const seen = new Map();
    let best = 0, most = 0;
    for (let m = 0; m < first.length; m++) {
      const v = rounding.to(dtype, first[m]), at = seen.get(v);
      if (!at) seen.set(v, { m, n: 1 });
      else if (++at.n > most) { most = at.n; best = at.m; }
    }
    return best;
  }

  /* --- two tokens --------------------------------------------------------------------------------- */
  function token(box, { lead }) {
    plot.clear(box);
    const n = lead.length, xs = Array.from({ length: n }, (_, i) => i);
    const shot = make({ title: "Lead of the right token over distance", wide: true, rows: () => [["distance", "lead"], ...xs.map((m) => [m, lead[m]])],
      note: "Score of the right token minus score of the other: blue where the right one wins, orange where the wrong one does." });
    box.append(shot.box);
    plot.curve(shot.body, { label: "Lead of the right token over distance", xs, height: 230, x: "distance m", y: "lead",
      series: [{ label: "right token wins", values: xs.map((m) => (lead[m] >= 0 ? lead[m] : null)), colour: "blue", width: 1 },
        { label: "wrong token wins", values: xs.map((m) => (lead[m] < 0 ? lead[m] : null)), colour: "orange", width: 1 }],
      marks: () => [{ y: 0, text: "", colour: "soft" }] });
  }
  function tie(box, { first, second, dtype }) {
    plot.clear(box);
    const n = first.length, BINS = Math.min(64, n), bins = new Array(BINS).fill(0), at = [];
    for (let m = 0; m < n; m++)
      if (rounding.to(dtype, first[m]) === rounding.to(dtype, second[m])) {
        bins[Math.floor((m * BINS) / n)]++;
        at.push(m);
      }
    const shot = make({ title: "Where the two tokens tie", rows: () => [["distance", "score_first", "score_second", "both_rounded_to_" + dtype], ...at.map((m) => [m, first[m], second[m], rounding.to(dtype, first[m])])],
      note: at.length ? `Ties by distance. At distance ${form.count(at[0])} the scores are ${digits(first[at[0]])} and ${digits(second[at[0]])}: in ${dtype} both are ${digits(rounding.to(dtype, first[at[0]]))}.` : "No distance at which they tie." });
    const most = Math.max(1, ...bins), svg = plot.sheet("Number of ties by distance", "distance m", "ties");
    for (const v of plot.rounded(0, most, Math.min(4, most))) if (v && Number.isInteger(v)) plot.ytick(svg, FOOT - ((FOOT - TOP) * v) / most, form.count(v));
    for (const v of plot.rounded(0, n, 4)) plot.tick(svg, px(v, 0, n), form.count(v));
    bins.forEach((k, i) => k && svg.append(el("svg:rect", { class: "bin", x: (LEFT + ((RIGHT - LEFT) * i) / BINS + 0.5).toFixed(1), width: ((RIGHT - LEFT) / BINS - 1).toFixed(1),
      y: (FOOT - ((FOOT - TOP) * k) / most).toFixed(1), height: (((FOOT - TOP) * k) / most).toFixed(1) })));
    shot.body.append(svg);
    box.append(shot.box);
  }
  const digits = (v) => String(Number(v.toPrecision(7)));

  /* --- over context, over base -------------------------------------------------------------------- */
  /* Two pictures of cells [{x, position_inversion, ...}], as far as they are counted. */
  function events(box, cells, { what, axis, log, xticks, xform, marks }) {
    plot.clear(box);
    const xs = cells.map((c) => c.x), of = (key, part) => cells.map((c) => (c.values ? c.values[key][part] : null));
    const rows = () => [[what, ...EVENTS.flatMap((e) => [e.id + "_counted", e.id + "_total", e.id + "_predicted_share"])],
      ...cells.filter((c) => c.values).map((c) => [c.x, ...EVENTS.flatMap((e) => [c.values[e.id].count, c.values[e.id].total, c.values[e.id].predicted])])];
    const rates = make({ title: "Wrong order, over " + what, rows, wide: false, note: "Share of comparisons that come out the wrong way round: counted (points) and predicted (dashed). Blue: far beats near; orange: the wrong token wins. At 50 % (dotted) nothing is left of the order." });
    const counts = make({ title: "Ties, over " + what, rows, note: "How many ties there are after rounding: pairs of places with one score (blue), and distances at which both tokens tie (orange). Counted (points) and predicted (dashed)." });
    box.append(rates.box, counts.box);
    const both = (key, colour, text, scale) => [{ label: text, values: of(key, scale ? "count" : "measured"), colour, points: true, width: 2 },
      { label: "predicted", values: scale ? cells.map((c) => (c.values && c.values[key].predicted !== null ? c.values[key].predicted * c.values[key].total || null : null)) : of(key, "predicted"), colour, dash: [5, 4] }];
    const over = { xs, log: log || true, height: 240, x: axis, y: "", xticks, xform };
    plot.curve(rates.body, { ...over, label: "Position and token inversion over " + what, range: [0, 1],
      series: [...both("position_inversion", "blue", "far beats near"), ...both("token_inversion", "orange", "wrong token wins")],
      marks: () => [{ y: 0.5, text: "", colour: "soft", dash: [2, 3] }, ...marks()] });
    const series = [...both("position_aliasing", "blue", "pairs of places", true), ...both("token_aliasing", "orange", "tokens tie", true)]
      .map((s) => ({ ...s, values: s.values.map((v) => (v > 0 ? v : null)) }));
    const most = Math.max(10, ...series.flatMap((s) => s.values)), top = Math.ceil(Math.log10(most));
    plot.curve(counts.body, { ...over, label: "Position and token aliasing over " + what, ylog: true, range: [0.5, 10 ** top * 1.2], series, marks,
      yticks: Array.from({ length: top + 1 }, (_, e) => 10 ** e).filter((_, e) => top < 5 || e % 2 === 0), yform: (v) => (v < 1e4 ? form.count(v) : form.power(Math.round(Math.log10(v)))) });
  }

  const EVENTS = [
    { id: "position_inversion", name: "Far beats near", term: "position inversion", unit: "pairs of a near and a far place" },
    { id: "position_aliasing", name: "Different places, one score", term: "position aliasing", unit: "pairs of places" },
    { id: "token_inversion", name: "The wrong token wins", term: "token inversion", unit: "distances" },
    { id: "token_aliasing", name: "Two tokens, one score", term: "token aliasing", unit: "distances" },
  ];

  return { pair, sum, inversion, alias, crowded, token, tie, events, percent, EVENTS };
})();
