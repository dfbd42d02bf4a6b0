/* form.js - numbers and foreign words as every page shows them. */
const form = (() => {
  "use strict";
  /* Strings of a model file: no control or direction marks, not endless. */
  const MARKS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  const plain = (s) => {
    const text = String(s).replace(MARKS, "\ufffd");
    return text.length > 300 ? text.slice(0, 300) + "…" : text;
  };
  const grouped = (text) => text.replace(/^(-?\d{4,})(?=\.|$)/, (d) => d.replace(/\B(?=(\d{3})+$)/g, ","));
  /* A number computed here, in the form of the tables. */
  const number = (v) => {
    if (!Number.isFinite(v)) return "–";
    const size = Math.abs(v);
    if (size === 0) return "0";
    if (size < 1e-4) return v.toExponential(1).replace(/\.0e/, "e").replace(/e-(\d)$/, "e-0$1");
    if (size < 1e-3) return String(Number(v.toPrecision(2)));
    if (size < 0.01) return v.toFixed(4);
    if (size <= 1) return v.toFixed(3);
    return grouped(size < 1e3 ? String(Number(v.toPrecision(3))) : String(Math.round(v)));
  };
  const count = (n) => grouped(String(n));
  const tokens = (n) => {
    if (n >= 1048576 && n % 1048576 === 0) return n / 1048576 + "M";
    return n >= 1024 && n % 1024 === 0 ? n / 1024 + "K" : count(n);
  };
  /* 10 to the e, in raised digits. */
  const power = (e) => "10" + String(e).replace(/./g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d] || "⁻");
  return { plain, grouped, number, count, tokens, power };
})();
