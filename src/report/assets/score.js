/* score.js - the score of a query and a key over distance: its terms, its values, its pictures. */
const score = (() => {
  "use strict";
  const { el, make } = figure;

  /* S(m) = c + sum Re(z_n e^{i m w_n}): the terms, or null where the sizes do not fit. */
  function terms(q, k, rotation, scale) {
    const dims = rotation.rotary_dim, half = dims / 2, offset = rotation.rotary_offset || 0, attention = rotation.attn_factor || 1;
    if (!(dims <= q.length) || rotation.inv_freq.length < half) return null;
    const turned = scale * attention * attention, z = { freq: [], re: [], im: [], constant: 0 };
    for (let n = 0; n < half; n++) {
      const a = offset + (rotation.pairs === "interleaved" ? 2 * n : n);
      const b = rotation.pairs === "interleaved" ? a + 1 : a + half;
      const re = (q[a] * k[a] + q[b] * k[b]) * turned;
      const im = (q[b] * k[a] - q[a] * k[b]) * turned;
      if (rotation.inv_freq[n] === 0) {
        z.constant += re;
      } else {
        z.freq.push(rotation.inv_freq[n]);
        z.re.push(re);
        z.im.push(im);
      }
    }
    for (let i = 0; i < q.length; i++)
      if (i < offset || i >= offset + dims) z.constant += scale * q[i] * k[i];
    return z;
  }

  /* S at the distances 0 .. n-1; each term turns step by step and starts anew every 256 steps. */
  function all(z, n) {
    const out = new Float64Array(n).fill(z.constant);
    for (let p = 0; p < z.freq.length; p++) {
      const w = z.freq[p], c = Math.cos(w), s = Math.sin(w);
      for (let from = 0; from < n; from += 256) {
        const cos = Math.cos(w * from), sin = Math.sin(w * from), to = Math.min(n, from + 256);
        let re = z.re[p] * cos - z.im[p] * sin, im = z.re[p] * sin + z.im[p] * cos;
        for (let m = from; m < to; m++) {
          out[m] += re;
          const next = re * c - im * s;
          im = re * s + im * c;
          re = next;
        }
      }
    }
    return out;
  }

  function momentsOf(list) {
    let sum = 0, square = 0;
    for (const v of list) sum += v;
    const mean = sum / list.length;
    for (const v of list) square += (v - mean) * (v - mean);
    return { mean, sd: Math.sqrt(square / list.length) };
  }

  const column = (what, unit) => what + (unit ? "_" + unit : "");

  /* The curve of all scores, the near half in blue, the far half in orange. */
  function curve(box, values, { title = "Score over distance", unit, axis = "score", note, marks }) {
    const n = values.length, half = Math.floor(n / 2), xs = Array.from({ length: n }, (_, i) => i);
    const shot = make({ title, wide: true,
      rows: () => [["distance", column("score", unit), "half"], ...xs.map((m) => [m, values[m], m < half ? "near" : "far"])] });
    shot.caption.append(...note);
    box.append(shot.box);
    const near = xs.map((m) => (m < half ? values[m] : null)), far = xs.map((m) => (m >= half ? values[m] : null));
    const chart = plot.curve(shot.body, { label: "Score of one query and key over distance", xs, height: 260, x: "distance m", y: axis,
      series: [{ label: "near half", values: near, colour: "blue", width: 1 }, { label: "far half", values: far, colour: "orange", width: 1 }], marks });
    return { near: values.subarray(0, half), far: values.subarray(half), chart };
  }

  function histogram(box, halves, { title = "Distribution of scores", unit, axis = "score" }) {
    const BINS = 48, sides = [["near", halves.near], ["far", halves.far]].filter((s) => s[1].length);
    let lo = Infinity, hi = -Infinity;
    for (const [, list] of sides) for (const v of list) { lo = Math.min(lo, v); hi = Math.max(hi, v); }
    if (!(hi > lo)) { lo -= 0.5; hi += 0.5; }
    const width = (hi - lo) / BINS, edge = (i) => lo + i * width;
    const data = sides.map(([name, list]) => {
      const density = new Float64Array(BINS);
      for (const v of list) density[Math.min(BINS - 1, Math.floor((v - lo) / width))] += 1 / (list.length * width);
      return { name, density, ...momentsOf(list) };
    });
    const normal = (d, x) => (d.sd > 0 ? Math.exp(-((x - d.mean) ** 2) / (2 * d.sd * d.sd)) / (d.sd * Math.sqrt(2 * Math.PI)) : 0);
    const most = Math.max(...data.flatMap((d) => [...d.density, normal(d, d.mean)])) * 1.04;
    const shot = make({ title,
      rows: () => [[column("from", unit), column("to", unit), ...data.flatMap((d) => [d.name + "_density", d.name + "_normal"])],
        ...Array.from({ length: BINS }, (_, i) => [edge(i), edge(i + 1), ...data.flatMap((d) => [d.density[i], normal(d, edge(i + 0.5))])])],
      note: "Scores of each half, and dashed the normal distribution of the same mean and variance: what predictions assume. " +
        data.map((d) => d.name + ": mean " + form.number(d.mean) + ", sd " + form.number(d.sd)).join("; ") + "." });
    box.append(shot.box);
    const { LEFT, RIGHT, TOP, FOOT } = plot;
    const px = (x) => LEFT + ((RIGHT - LEFT) * (x - lo)) / (hi - lo), py = (y) => FOOT - ((FOOT - TOP) * y) / most;
    const svg = plot.sheet("Histogram of scores in the near and the far half with normal overlays", axis, "density");
    for (const v of plot.rounded(lo, hi, 5)) plot.tick(svg, px(v), String(v));
    data.forEach((d, k) => {
      let area = `M${LEFT} ${FOOT}`, line = "";
      d.density.forEach((y, i) => { area += `L${px(edge(i)).toFixed(1)} ${py(y).toFixed(1)}L${px(edge(i + 1)).toFixed(1)} ${py(y).toFixed(1)}`; });
      for (let i = 0; i <= 120; i++) {
        const x = lo + ((hi - lo) * i) / 120;
        line += `${i ? "L" : "M"}${px(x).toFixed(1)} ${py(Math.min(most, normal(d, x))).toFixed(1)}`;
      }
      svg.append(el("svg:path", { class: "band s" + (k + 1), d: area + `L${RIGHT} ${FOOT}Z` }), el("svg:path", { class: "pred s" + (k + 1), d: line }));
    });
    shot.body.append(svg);
  }

  return { terms, all, curve, histogram };
})();
