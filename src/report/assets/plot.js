/* plot.js - curves with uPlot in the page's colours, and small SVG pictures beside them. */
const plot = (() => {
  "use strict";
  const { el } = figure;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const open = new Set(); /* charts to size and colour anew */

  const faded = (name, share) => {
    const ink = document.createElement("canvas").getContext("2d");
    ink.fillStyle = colour(name);
    const hex = ink.fillStyle; /* the browser's own reading: #rrggbb */
    return hex + Math.round(share * 255).toString(16).padStart(2, "0");
  };

  const FONT = "11px system-ui, sans-serif";
  function axis(extra) {
    return { stroke: () => colour("soft"), grid: { stroke: () => colour("faint"), width: 1 },
      ticks: { stroke: () => colour("faint"), width: 1, size: 4 }, font: FONT, labelFont: FONT,
      labelSize: 18, gap: 3, ...extra };
  }

  /* Whether a drawn curve passes through a box of the canvas. */
  function crossed(u, [x0, y0, x1, y1]) {
    const xs = u.data[0], lo = u.posToVal(x0, "x", true), hi = u.posToVal(x1, "x", true);
    let a = xs.findIndex((x) => x >= lo), b = xs.findIndex((x) => x > hi);
    a = Math.max(0, (a < 0 ? xs.length : a) - 1);
    b = b < 0 ? xs.length - 1 : b;
    return u.series.some((s, k) => {
      if (!k || !s.width) return false;
      let last = null;
      for (let i = a; i <= b; i++) {
        const v = u.data[k][i], at = v === null || v === undefined ? null : [u.valToPos(xs[i], "x", true), u.valToPos(v, "y", true)];
        if (at) {
          const from = last || at, run = at[0] - from[0] || 1;
          const on = (x) => from[1] + ((at[1] - from[1]) * (Math.min(at[0], Math.max(from[0], x)) - from[0])) / run;
          if (at[0] >= x0 && from[0] <= x1 && Math.max(on(x0), on(x1)) >= y0 && Math.min(on(x0), on(x1)) <= y1) return true;
        }
        last = at;
      }
      return false;
    });
  }

  /* Vertical and horizontal marks: [{x | y, text, colour, dash}]. Words stand where they touch no curve, line or
   * other word; where there is no such place, where they would stand alone. */
  function markDrawer(marks) {
    return (u) => {
      const ink = u.ctx, ratio = devicePixelRatio, { left, top, width, height } = u.bbox;
      ink.save();
      ink.font = 11 * ratio + "px system-ui, sans-serif";
      ink.beginPath();
      ink.rect(left, top - 16 * ratio, width, height + 16 * ratio);
      ink.clip();
      const taken = [], seen = [], dot = 4 * ratio; /* a point of a curve is not its line alone */
      for (const m of marks()) {
        const upright = m.x !== undefined, at = upright ? u.valToPos(m.x, "x", true) : u.valToPos(m.y, "y", true);
        if (upright ? !(at >= left && at <= left + width) : !(at >= top && at <= top + height)) continue;
        seen.push({ ...m, upright, at });
        taken.push(upright ? [at, top, at, top + height] : [left, at, left + width, at]);
      }
      for (const m of seen) {
        ink.strokeStyle = ink.fillStyle = colour(m.colour || "mark");
        ink.lineWidth = ratio;
        ink.setLineDash(m.dash ? m.dash.map((d) => d * ratio) : []);
        ink.beginPath();
        ink.moveTo(m.upright ? m.at : left, m.upright ? top : m.at);
        ink.lineTo(m.upright ? m.at : left + width, m.upright ? top + height : m.at);
        ink.stroke();
        if (!m.text) continue;
        const gap = 4 * ratio, line = 13 * ratio, size = ink.measureText(m.text).width, places = [];
        if (m.upright) {
          const sides = [m.at + gap, m.at - gap - size];
          if (m.at > left + width * 0.7) sides.reverse();
          for (let y = top + line; y < top + height - gap; y += line) for (const x of sides) places.push([x, y]);
        } else {
          for (const x of [left + width - gap - size, left + gap]) for (const y of [m.at - gap, m.at + line]) places.push([x, y]);
        }
        const box = ([x, y]) => [x - 3 * ratio, y - 12 * ratio, x + size + 3 * ratio, y + 3 * ratio];
        const clear = (b) => b[0] >= left && b[2] <= left + width && b[1] >= top && b[3] <= top + height &&
          !taken.some((t) => t[0] <= b[2] && t[2] >= b[0] && t[1] <= b[3] && t[3] >= b[1]) && !crossed(u, [b[0] - dot, b[1] - dot, b[2] + dot, b[3] + dot]);
        const place = places.find((p) => clear(box(p))) || places[0];
        if (!place) continue;
        ink.textAlign = "left";
        ink.fillText(m.text, ...place);
        taken.push(box(place));
      }
      ink.restore();
    };
  }

  /* Bars from lo to hi at each x: the intervals of a series. */
  function barDrawer(lo, hi, name) {
    return (u) => {
      const ink = u.ctx, ratio = devicePixelRatio;
      ink.save();
      ink.strokeStyle = colour(name);
      ink.setLineDash([]);
      ink.lineWidth = 1.5 * ratio;
      u.data[0].forEach((x, i) => {
        if (lo[i] === null || hi[i] === null) return;
        const px = u.valToPos(x, "x", true);
        const a = u.valToPos(lo[i], "y", true), b = u.valToPos(hi[i], "y", true);
        ink.beginPath();
        ink.moveTo(px, a);
        ink.lineTo(px, b);
        ink.moveTo(px - 3 * ratio, a);
        ink.lineTo(px + 3 * ratio, a);
        ink.moveTo(px - 3 * ratio, b);
        ink.lineTo(px + 3 * ratio, b);
        ink.stroke();
      });
      ink.restore();
    };
  }

  /* What lies right of a place: beyond the trained context. */
  function shadeDrawer(from) {
    return (u) => {
      const { left, top, width, height } = u.bbox, x = Math.max(left, u.valToPos(from, "x", true));
      if (!(x < left + width)) return;
      u.ctx.save();
      u.ctx.fillStyle = faded("soft", 0.12);
      u.ctx.fillRect(x, top, left + width - x, height);
      u.ctx.restore();
    };
  }

  /* A chart in `body`. xs ascending; series: [{label, values, colour, dash, width, points, band}].
   * The chart follows its box's width and the theme. */
  function curve(body, { label, xs, series, height = 230, x, y, log, ylog, marks = () => [], draw = [],
    bands, range, xrange, xticks, yticks, xform = form.count, yform }) {
    const options = {
      width: Math.max(240, body.clientWidth || 480), height, padding: [16, 20, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      legend: { show: true, live: true },
      scales: { x: { time: false, distr: log ? 3 : 1, log: log === 10 ? 10 : 2, range: xrange || undefined },
        y: { distr: ylog ? 3 : 1, range: range || undefined } },
      axes: [
        axis({ label: x, size: 26, ...(xticks ? { splits: () => xticks, filter: (u, v) => v, values: (u, v) => v.map(xform === form.count ? form.tokens : xform) }
          : { values: (u, v) => v.map((n) => (n === null ? "" : xform(n))), space: 60 }) }),
        axis({ label: y, size: 52, ...(yticks ? { splits: () => yticks, filter: (u, v) => v } : {}), values: (u, v) => v.map((n) => (n === null ? "" : yform ? yform(n) : String(Number(n.toPrecision(3))))) }),
      ],
      series: [
        { label: x || "x", value: (u, v) => (v === null || v === undefined ? "–" : xform(v)) },
        ...series.map((s) => ({
          label: s.label, stroke: s.hidden ? undefined : () => colour(s.colour), width: s.hidden ? 0 : s.width ?? 1.5,
          dash: s.dash, points: { show: !!s.points, size: s.size || 6, fill: () => colour(s.colour), width: 0 },
          value: (u, v) => (v === null || v === undefined ? "–" : form.number(v)), spanGaps: false,
        })),
      ],
      bands,
      hooks: { drawAxes: [], draw: [...draw, markDrawer(marks)] },
    };
    const chart = new uPlot(options, [xs, ...series.map((s) => s.values)], body);
    chart.root.setAttribute("role", "img");
    chart.root.setAttribute("aria-label", label);
    open.add(chart);
    return chart;
  }

  /* Forget the charts of a body that is about to be emptied. */
  function clear(body) {
    for (const chart of open)
      if (body.contains(chart.root)) {
        chart.destroy();
        open.delete(chart);
      }
    body.replaceChildren();
  }

  function refit() {
    for (const chart of open) {
      const box = chart.root.parentNode;
      if (box && box.clientWidth) chart.setSize({ width: Math.max(240, box.clientWidth), height: chart.height });
      chart.redraw(false, true);
    }
  }
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refit, 80);
  });
  for (const media of ["(prefers-color-scheme: dark)", "print"]) /* paper is light */
    matchMedia(media).addEventListener("change", refit);

  /* --- small pictures in SVG: bars and marks over one axis ------------------------------------- */
  const W = 480, LEFT = 46, RIGHT = 470, TOP = 18, FOOT = 172, H = 208;
  function sheet(label, x, y) {
    const svg = el("svg:svg", { class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": label });
    svg.append(el("svg:path", { class: "axis", d: `M${LEFT} ${TOP}V${FOOT}H${RIGHT}` }),
      el("svg:text", { class: "unit", x: (LEFT + RIGHT) / 2, y: H - 4, "text-anchor": "middle" }, x),
      el("svg:text", { class: "unit", x: LEFT, y: 11, "text-anchor": "start" }, y));
    return svg;
  }
  const tick = (svg, px, text) => svg.append(
    el("svg:path", { class: "axis", d: `M${px.toFixed(1)} ${FOOT}v4` }),
    el("svg:text", { class: "tick", x: px.toFixed(1), y: FOOT + 16, "text-anchor": "middle" }, text));
  const ytick = (svg, py, text) => svg.append(
    el("svg:path", { class: "grid", d: `M${LEFT} ${py.toFixed(1)}H${RIGHT}` }),
    el("svg:text", { class: "tick", x: LEFT - 5, y: (py + 4).toFixed(1), "text-anchor": "end" }, text));
  const mark = (svg, px, text, row) => {
    if (!(px >= LEFT && px <= RIGHT)) return;
    const end = px > (LEFT + RIGHT) / 2;
    svg.append(el("svg:path", { class: "mark", d: `M${px.toFixed(1)} ${TOP}V${FOOT}` }),
      el("svg:text", { class: "marklabel", x: (px + (end ? -4 : 4)).toFixed(1), y: TOP + 9 + 12 * (row || 0),
        "text-anchor": end ? "end" : "start" }, text));
  };
  /* Round numbers that cover lo..hi. */
  function rounded(lo, hi, n) {
    const raw = (hi - lo) / n || 1, unit = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((f) => f * unit).find((s) => s >= raw * 0.999);
    const out = [];
    for (let v = Math.ceil(lo / step) * step; v <= hi + step * 1e-6; v += step) out.push(Number(v.toPrecision(12)));
    return out;
  }

  return { curve, clear, colour, faded, barDrawer, shadeDrawer, sheet, tick, ytick, mark, rounded,
    LEFT, RIGHT, TOP, FOOT };
})();
