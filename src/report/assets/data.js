/* data.js - the document this page carries: its numbers, and its vectors as scores. */
const report = (() => {
  "use strict";
  const raw = JSON.parse(document.getElementById("data").textContent);
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const digit = new Int8Array(128).fill(0);
  for (let i = 0; i < 64; i++) digit[DIGITS.charCodeAt(i)] = i;
  const nHead = raw.heads.layer.length, nContext = raw.contexts.length;
  const doc = raw.document, shown = raw.shown;
  const number = shown.map((text) => (text === "" ? NaN : Number(text)));

  const columns = new Map();
  /* The codes of a column, decoded once; null when the document has none. */
  function column(name) {
    if (columns.has(name)) return columns.get(name);
    let codes = null;
    if (Object.hasOwn(raw.columns, name)) {
      const text = raw.columns[name], n = nHead * nContext, width = n ? text.length / n : 0;
      codes = new Uint32Array(n);
      for (let i = 0, at = 0; i < n; i++)
        for (let k = 0; k < width; k++) codes[i] = codes[i] * 64 + digit[text.charCodeAt(at++)];
    }
    columns.set(name, codes);
    return codes;
  }
  const has = (name) => Object.hasOwn(raw.columns, name);
  const code = (name, context, head) => {
    const codes = column(name);
    return codes ? codes[context * nHead + head] : 0;
  };
  const value = (name, context, head) => number[code(name, context, head)];
  /* As shown in the tables; an en dash where there is no answer. */
  const text = (name, context, head) => {
    const at = code(name, context, head);
    return at ? form.plain(form.grouped(shown[at])) : "–";
  };
  const headOf = new Map();
  for (let h = 0; h < nHead; h++) headOf.set(raw.heads.layer[h] + "." + raw.heads.head[h], h);

  /* --- vectors and what they score ------------------------------------------------------------ */
  function floats(base64) {
    let bytes;
    try {
      bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    } catch (e) {
      return null;
    }
    if (bytes.length % 4) return null;
    const view = new DataView(bytes.buffer), out = new Float64Array(bytes.length / 4);
    for (let i = 0; i < out.length; i++) out[i] = view.getFloat32(4 * i, true);
    return out;
  }
  const kept = doc.vectors || {};
  const queryOf = new Map(), keyOf = new Map();
  for (const q of kept.queries || []) if (q) queryOf.set(q.layer + "." + q.head, q);
  for (const k of kept.keys || []) if (k) keyOf.set(k.layer + "." + k.kv_head + "." + k.stratum, k);
  const layerOf = new Map((doc.layers || []).filter(Boolean).map((l) => [l.layer, l]));

  function rotationOf(head) {
    const layer = layerOf.get(raw.heads.layer[head]);
    return layer && layer.rotation !== null ? (doc.rotations || [])[layer.rotation] || null : null;
  }

  /* One query and one key of a head as the document keeps them, and what turns them; or null. */
  function vectors(head, stratum) {
    const query = queryOf.get(raw.heads.layer[head] + "." + raw.heads.head[head]);
    const key = keyOf.get(raw.heads.layer[head] + "." + raw.heads.kv_head[head] + "." + stratum);
    const rotation = rotationOf(head);
    if (!query || !key || !rotation || !Array.isArray(rotation.inv_freq)) return null;
    const q = floats(query.f32), k = floats(key.f32);
    if (!q || !k || q.length !== k.length || !q.length) return null;
    const given = doc.settings && doc.settings.score_scale;
    return { query, key, q, k, rotation, scale: typeof given === "number" ? given : rotation.softmax_scale || 1 / Math.sqrt(q.length) };
  }
  /* The terms of their S(m), or null. */
  function terms(head, stratum) {
    const v = vectors(head, stratum), z = v && score.terms(v.q, v.k, v.rotation, v.scale);
    return z && { ...z, query: v.query, key: v.key };
  }

  return {
    doc, nHead, nContext, contexts: raw.contexts, heads: raw.heads, advertised: raw.advertised,
    trained: raw.trained, names: Object.keys(raw.columns), has, value, text, form: form.number, count: form.count,
    tokens: form.tokens, plain: form.plain, headOf, rotationOf, vectors, terms,
    windowOf: (head) => { const layer = layerOf.get(raw.heads.layer[head]); return (layer && layer.window) || Infinity; },
  };
})();
