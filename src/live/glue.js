/* ropewalkCore() - the C core in this page: frequency tables, scores, counts and predictions of the same
 * functions as the command line's. Offline, one thread, no storage. What it needs of a page's policy is
 * 'wasm-unsafe-eval'.
 *
 * The module contains parts of dlmalloc (public domain), of LLVM's compiler-rt (Apache 2.0 with LLVM exceptions; or MIT,
 * copyright (c) 2009-2015 by its contributors) and of musl (MIT, copyright (c) 2005-2020 Rich Felker, et al.):
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
 * documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
 * rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
 * persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and
 * this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED
 * "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
 * MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
 * HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
 * ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE. */
const ropewalkCore = (() => {
  "use strict";
  /* Everything is inside this function: its text is also the whole of a worker. */
  const load = async () => {
    @WASM@
    /* Above this a memory is given up after the call that needed it: it never shrinks by itself. */
    const KEPT_BYTES = 64 << 20;
    /* A reply: the document's address, the status at 8, and at 24 a sentence of at most 479 bytes. */
    const REPLY = 512, SENTENCE = 24, N_SENTENCE = 480;

    if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly, which recomputing needs");
    if (typeof DecompressionStream !== "function") throw new Error("this browser cannot unpack the core: it is too old");
    const packed = new Blob([Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0))]);
    const bytes = await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    if (!WebAssembly.validate(bytes)) throw new Error("this browser's WebAssembly has no SIMD, which recomputing needs");
    let module, c;
    try {
      module = await WebAssembly.compile(bytes);
    } catch (e) {
      throw new Error("this page may not run WebAssembly: " + e.message);
    }
    const renew = () => {
      c = new WebAssembly.Instance(module, { env: { emscripten_notify_memory_growth() {} } }).exports;
      c._initialize();
    };
    renew();

    const utf8 = new TextEncoder(), text = new TextDecoder();
    const textAt = (at, most) => {
      const all = new Uint8Array(c.memory.buffer, at, Math.min(most, c.memory.buffer.byteLength - at));
      return text.decode(all.subarray(0, all.indexOf(0)));
    };

    /* One call: inputs into memory, the request beside them, the outputs out, everything released.
     * @param numbers  the request's numbers, in the order of live.h
     * @param blocks   what its pointers point to: arrays of numbers, or words
     * @param nOut     how many numbers it gives back
     * @returns        {document, numbers} */
    const call = (name, numbers, blocks, nOut) => {
      const taken = [];
      const take = (n) => {
        const at = c.rw_live_take(n);
        if (!at) throw new Error("no memory for " + n + " bytes in this page");
        taken.push(at);
        return at;
      };
      let whole = false;
      try {
        const at = blocks.map((b) => {
          const content = typeof b === "string" ? utf8.encode(b + "\0") : Float64Array.from(b);
          const here = take(content.byteLength + 8); /* never empty */
          new content.constructor(c.memory.buffer, here, content.length).set(content);
          return here;
        });
        const reply = take(REPLY), out = take(8 * nOut + 8);
        const request = take(8 * numbers.length + 4 * at.length + 8);
        new Float64Array(c.memory.buffer, request, numbers.length).set(numbers);
        new Uint32Array(c.memory.buffer, request + 8 * numbers.length, at.length).set(at);
        const args = [...(numbers.length ? [request] : []), ...(nOut ? [out] : []), reply];
        const status = c["rw_live_" + name](...args);
        if (status) {
          whole = true;
          throw new Error(textAt(reply + SENTENCE, N_SENTENCE));
        }
        const document = new Uint32Array(c.memory.buffer, reply, 1)[0];
        if (document) taken.push(document);
        const answer = { document: document ? JSON.parse(textAt(document, Infinity)) : null,
          numbers: new Float64Array(c.memory.buffer, out, nOut).slice() };
        whole = true;
        return answer;
      } catch (e) {
        if (e instanceof WebAssembly.RuntimeError) throw new Error("the core stopped: " + e.message);
        throw e;
      } finally {
        if (whole) taken.forEach((at) => c.rw_live_release(at));
        if (!whole || c.memory.buffer.byteLength > KEPT_BYTES) renew();
      }
    };

    const number = (value, name) => {
      if (typeof value !== "number") throw new Error(name + " must be a number");
      return value;
    };
    const optional = (value, name, otherwise) =>
      value === undefined || value === null ? otherwise : number(value, name);
    const words = (value, name) => {
      if (typeof value !== "string" || value.includes("\0")) throw new Error(name + " must be a word");
      return value;
    };
    const isNumbers = (value) => (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) &&
      Array.prototype.every.call(value, (v) => typeof v === "number");
    /* As many as `n`, or as many as a whole number of `n` where `rows`. */
    const numbersOf = (value, name, n, rows) => {
      if (!isNumbers(value)) throw new Error(name + " must be an array of numbers");
      if (rows ? !(value.length > 0 && value.length % n === 0) : value.length !== n)
        throw new Error(rows ? `${name} has ${value.length} numbers, which is no multiple of head_dim ${n}`
          : `${name} has ${value.length} numbers, not ${n}`);
      return value;
    };
    const listOf = (value, name) => {
      const list = Array.isArray(value) ? value : [value];
      return list.map((word) => words(word, name)).join(",");
    };
    const object = (value) => {
      if (typeof value !== "object" || value === null) throw new Error("a request must be an object");
      return value;
    };
    const isInterleaved = (pairs) => {
      if (pairs === undefined || pairs === "half") return 0;
      if (pairs === "interleaved") return 1;
      throw new Error(`pairs must be half or interleaved, not "${String(pairs)}"`);
    };
    const rotaryDim = (r) => optional(r.rotary_dim, "rotary_dim", r.head_dim);
    /* The arrays must be as long as these say before the core reads them. */
    const width = (r) => {
      const d = number(r.head_dim, "head_dim"), n = number(rotaryDim(r), "rotary_dim");
      if (!(Number.isInteger(d) && d >= 1 && d <= 4096)) throw new Error(`head_dim ${d} is no whole number from 1 to 4096`);
      if (!(Number.isInteger(n) && n >= 0 && n <= d && n % 2 === 0))
        throw new Error(`rotary_dim ${n} must be even and at most head_dim ${d}`);
      return [d, n];
    };

    const given = (request, from, n) => {
      const r = object(request), [d, rotary] = width(r);
      const q = numbersOf(r.q, "q", d, true), k = numbersOf(r.k, "k", d, true);
      const contexts = from === null ? r.contexts : [];
      if (!isNumbers(contexts)) throw new Error("contexts must be an array of numbers");
      const numbers = [d, rotary, isInterleaved(r.pairs), optional(r.attn_factor, "attn_factor", 1),
        optional(r.score_scale, "score_scale", NaN), optional(r.zeta, "zeta", NaN),
        optional(r.near_alias, "near_alias", NaN), q.length / d, k.length / d, contexts.length, from ?? 0, n];
      return [numbers, [q, k, numbersOf(r.inv_freq, "inv_freq", rotary / 2), contexts,
        listOf(r.dtypes ?? "bf16", "dtypes"), listOf(r.events ?? "all", "events")]];
    };

    const about = call("about", [], [], 0).document;
    return {
      version: about.version,
      mechanisms: about.mechanisms,
      dtypes: about.dtypes,
      events: about.events,
      families: about.families,
      mostContext: about.most_context,
      mostContexts: about.most_contexts,
      mostScores: about.most_scores,

      table(request) {
        const r = object(request), [d, rotary] = width(r), parameters = Object.entries(object(r.parameters ?? {}));
        const values = parameters.map(([key, value]) => {
          words(key, "a parameter's name");
          if (typeof value !== "number" && !isNumbers(value)) throw new Error(`${key} must be a number, or numbers`);
          return value;
        });
        const { numbers } = call("table",
          [d, rotary, number(r.rope_theta, "rope_theta"), optional(r.context, "context", 0),
            optional(r.length, "length", 0), parameters.length],
          [words(r.mechanism ?? "none", "mechanism"), parameters.map(([key]) => key + "\0").join(""),
            values.map((v) => (typeof v === "number" ? 0 : v.length)), values.flatMap((v) => Array.from([v].flat()))],
          rotary / 2 + 1);
        return { inv_freq: numbers.slice(0, rotary / 2), attn_factor: numbers[rotary / 2] };
      },

      measure(request) {
        return call("measure", ...given(request, null, 0), 0).document;
      },

      scores(request) {
        const from = number(object(request).from ?? 0, "from"), n = number(request.n, "n");
        if (!(Number.isInteger(n) && n >= 1 && n <= about.most_context))
          throw new Error(`n ${n} is no whole number from 1 to ${about.most_context}`);
        return call("scores", ...given(request, from, n), n).numbers;
      },

      vectors(request) {
        const r = object(request), [d, rotary] = width(r), nKey = optional(r.n_k, "n_k", 2);
        if (!(Number.isInteger(nKey) && nKey >= 1 && nKey <= 4096))
          throw new Error(`n_k ${nKey} is no whole number from 1 to 4096`);
        const { numbers } = call("vectors",
          [d, rotary, isInterleaved(r.pairs), optional(r.seed, "seed", 1), optional(r.draw, "draw", 0), nKey],
          [words(r.family, "family")], d * (nKey + 1));
        return { q: numbers.slice(0, d), k: numbers.slice(d) };
      },

      /* How many scores a measurement evaluates at most: up to mostScores are counted, ten million take about
       * three seconds. */
      work(request) {
        const r = object(request), contexts = r.contexts ?? [];
        if (!isNumbers(contexts)) throw new Error("contexts must be an array of numbers");
        const nQ = optional(r.n_q, "n_q", 1), nK = optional(r.n_k, "n_k", 1);
        return nQ * (nK * 3 + nK * (nK - 1) / 2) * Math.max(0, ...contexts);
      },
    };
  };

  let one = null, remote = null;
  const core = () => (one ??= load());

  /* The same calls, each a promise, in a worker: the page stays responsive. Made from this text, so that a
   * page from a file can have it; the policy must say worker-src blob:. */
  const start = () => new Promise((resolve, reject) => {
    const body = `const core = (${load.toString()})();
      onmessage = async ({ data: [id, name, request] }) => {
        try {
          const value = (await core)[name];
          postMessage([id, null, typeof value === "function" ? value(request) : value]);
        } catch (e) { postMessage([id, e.message]); }
      };`;
    const address = URL.createObjectURL(new Blob([body], { type: "text/javascript" }));
    const waiting = new Map();
    let worker, count = 0;
    const fail = (message) => {
      waiting.forEach(([, no]) => no(new Error(message)));
      waiting.clear();
    };
    try {
      worker = new Worker(address);
    } catch (e) {
      reject(new Error("this page may not start a worker: " + e.message));
      return;
    }
    worker.onerror = (e) => fail("the worker stopped: " + (e.message || "this page may not start one"));
    worker.onmessage = ({ data: [id, message, value] }) => {
      const [yes, no] = waiting.get(id);
      waiting.delete(id);
      if (message === null) yes(value);
      else no(new Error(message));
    };
    const ask = (name, request) => new Promise((yes, no) => {
      waiting.set(++count, [yes, no]);
      worker.postMessage([count, name, request]);
    });
    const calls = Object.fromEntries(["table", "measure", "scores", "vectors", "work"].map((name) =>
      [name, (request) => ask(name, request)]));
    const facts = ["version", "mechanisms", "dtypes", "events", "families", "mostContext", "mostContexts", "mostScores"];
    Promise.all(facts.map((name) => ask(name))).then((values) => {
      URL.revokeObjectURL(address);
      facts.forEach((name, i) => { calls[name] = values[i]; });
      calls.stop = () => {
        worker.terminate();
        remote = null;
        fail("stopped");
      };
      resolve(calls);
    }, reject);
  });
  core.worker = () => (remote ??= start());
  return core;
})();
