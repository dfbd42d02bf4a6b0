/* chart.js - pictures of a page that carry their values: told at the pointer, saved as data or picture. */
(() => {
  "use strict";
  const { el } = figure;
  const COLOURS = { s1: "blue", s2: "orange", s3: "mark", s4: "green", s5: "amber", s6: "soft" };
  const numbers = (text) => (text === undefined ? null : text.split(" ").map((v) => (v === "-" ? null : Number(v))));
  const short = (v) => {
    if (v === null) return "";
    const size = Math.abs(v);
    if (size < 1e4 && (size >= 1e-3 || !size)) return String(Number(v.toPrecision(3)));
    return v.toExponential(2).replace(/\.?0*e\+?/, "e");
  };

  function read(svg) {
    const axis = svg.querySelector("metadata").dataset;
    const [xlo, xhi, xlog] = numbers(axis.x), [ylo, yhi, ylog] = numbers(axis.y);
    const series = [...svg.querySelectorAll(".series")].map((g) => ({ what: g.dataset.what, colour: COLOURS[g.dataset.colour] || "soft",
      dashed: !!g.dataset.dashed, apart: !!g.dataset.apart,
      xs: numbers(g.dataset.xs), ys: numbers(g.dataset.ys), lo: numbers(g.dataset.lo), hi: numbers(g.dataset.hi) }));
    const at = (css) => [...svg.querySelectorAll(css)].map((p) => ({ at: Number(p.dataset.at), text: p.dataset.label }));
    return { series, tokens: !!axis.tokens, xunit: axis.xUnit, yunit: axis.yUnit, xlo, xhi, xlog: !!xlog, ylo, yhi, ylog: !!ylog,
      marks: at("path.mark"), references: at("path.reference"), beyond: at("rect.beyond") };
  }

  const rows = (c) => [["series", c.xunit, c.yunit, "ci95_low", "ci95_high"], ...c.series.flatMap((s) =>
    s.xs.map((x, i) => [s.what, x, s.ys[i], s.lo && s.lo[i], s.hi && s.hi[i]]))];

  /* Powers of a base within an axis, not more than six or so. */
  function powers(lo, hi, base) {
    const first = Math.ceil(Math.log(lo) / Math.log(base) - 1e-9), last = Math.floor(Math.log(hi) / Math.log(base) + 1e-9);
    const step = Math.max(1, Math.ceil((last - first) / 6)), out = [];
    for (let e = first; e <= last; e += step) out.push(base ** e);
    return out;
  }

  /* A series that later ones hide is drawn wider than they are. */
  const hidden = (list, s, i) => list.slice(i + 1).filter((o) => !o.dashed && String(o.ys) === String(s.ys) && String(o.xs) === String(s.xs)).length;

  /* All series over the one list of places; a place that a series does not have is no gap in it. */
  function draw(body, title, c) {
    const xs = [...new Set(c.series.flatMap((s) => s.xs))].filter((x) => x !== null).sort((a, b) => a - b);
    const over = (s, list) => {
      const at = new Map(s.xs.map((x, i) => [x, list[i]]));
      return xs.map((x) => at.get(x));
    };
    plot.curve(body, { label: title, xs, x: c.xunit, y: c.yunit, height: 250, log: c.xlog ? (c.tokens ? 2 : 10) : false, ylog: c.ylog,
      range: [c.ylo, c.yhi], xrange: [c.xlo, c.xhi], xform: c.tokens ? form.tokens : short,
      xticks: c.xlog ? powers(c.xlo, c.xhi, c.tokens ? 2 : 10) : undefined, yticks: c.ylog ? powers(c.ylo, c.yhi, 10) : undefined, yform: short,
      series: c.series.map((s, i) => ({ label: s.what, values: over(s, s.ys), colour: s.colour, size: 6 + 5 * hidden(c.series, s, i),
        width: s.apart ? 0 : s.dashed ? 1.4 : 2 + 4 * hidden(c.series, s, i),
        dash: s.dashed ? [5, 4] : undefined, points: !s.dashed })),
      draw: c.series.filter((s) => s.lo && s.hi).map((s) => plot.barDrawer(over(s, s.lo), over(s, s.hi), s.colour))
        .concat(c.beyond.map((b) => plot.shadeDrawer(b.at))),
      marks: () => c.marks.map((m, i) => ({ x: m.at, text: m.text, row: i })).concat(
        c.beyond.map((b) => ({ x: b.at, text: "beyond training", colour: "soft", row: c.marks.length })),
        c.references.map((r) => ({ y: r.at, text: r.text, colour: "soft", dash: [2, 3] }))) });
  }

  /* Maps and strips: their parts carry a row each. */
  for (const svg of document.querySelectorAll("svg[data-columns]")) {
    const box = svg.closest("figure"), heading = box && box.querySelector("h3,h4");
    const parts = () => [...svg.querySelectorAll("[data-row]")].map((p) => p.dataset.row.split(" ").map((v) => (v === "-" ? "" : v)));
    if (heading) heading.append(figure.buttons(svg.parentNode, heading.textContent, () => [svg.dataset.columns.split(" "), ...parts()]));
  }

  for (const svg of document.querySelectorAll("svg.chart")) {
    const box = svg.closest("figure"), heading = box && box.querySelector("h3,h4");
    if (!heading || !svg.querySelector(".series")) continue;
    const c = read(svg), still = el("div", { class: "pic" }), title = heading.textContent;
    svg.replaceWith(still);
    still.append(svg);
    if (!box.hasAttribute("data-still")) {
      const live = el("div", { class: "pic plotted" });
      still.before(live);
      still.classList.add("printed");
      for (const legend of box.querySelectorAll(".legend")) legend.classList.add("printed"); /* the values bear the names */
      draw(live, title, c);
    }
    heading.append(figure.buttons(still, title, () => rows(c)));
  }
})();
