// live_core.mjs - the core as WebAssembly against what the command line said; run by check_live_core.py.
// usage: node live_core.mjs SOURCE FOLDER [BROWSER MODULES]
//
// With a browser everything is asked of a page of its own, from a file and under a report's policy, and of a worker
// of that page; without one of node itself.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";

const [, , source, folder, browser, modules] = process.argv;
const asset = fs.readFileSync(path.join(source, "src/report/assets/core.js"), "utf8");
const cases = JSON.parse(fs.readFileSync(path.join(folder, "cases.json"), "utf8"));

/* Runs where the core is: answers, or the sentence of an error, for each [call, request]. Numbers that JSON cannot
 * hold and arrays of it come as {f64: [...]}, {special: "NaN"}. */
const ask = async (make, list) => {
  const plain = (v) => {
    if (Array.isArray(v)) return v.map(plain);
    if (v && typeof v === "object") {
      if (v.special) return { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity, undefined: undefined }[v.special];
      if (v.f64) return Float64Array.from(v.f64, plain);
      if (v.f32) return Float32Array.from(v.f32);
      return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)]));
    }
    return v;
  };
  const core = await make();
  const answers = [];
  for (const [call, request] of list) {
    const start = performance.now();
    try {
      const asked = plain(request);
      /* a draw of vectors, counted: what a cell of a sweep holds of it */
      let value = await (call === "draw" ? core.measure({ ...asked, ...await core.table(asked), ...await core.vectors(asked) })
        : core[call](asked));
      if (call === "draw")
        value = value.map((c) => [c.context, c.single[0].position_inversion.count, c.double[0].token_inversion.count,
          c.single[0].position_aliasing.pairs]);
      if (call === "table") value = { inv_freq: [...value.inv_freq], attn_factor: value.attn_factor };
      if (call === "scores") value = [...value];
      answers.push({ value, ms: performance.now() - start });
    } catch (e) {
      answers.push({ error: String(e.message), type: e.constructor.name });
    }
  }
  return answers;
};

/* Documents alike: counts, rates of counts, words and nulls exactly. Moments and predictions pass through the platform's
 * sine, exponential and error function, whose last bits differ: moments by less than a rounding error of A or A^2, A the
 * product of the norms of a query and a key; predictions by a few of their twelfth digits. */
const MOST = { mean: 1e-15, variance: 1e-15, predicted: 1e-11 };
const kindOf = (where) => /mean$|variance$|predicted(_distances)?$/.exec(where)?.[0].replace("_distances", "");
let nReal = 0, nOff = 0, worst = 0;
function same(got, want, where, A) {
  if (Array.isArray(want)) {
    assert.equal(got.length, want.length, where);
    want.forEach((w, i) => same(got[i], w, `${where}[${i}]`, A));
  } else if (want && typeof want === "object") {
    assert.deepEqual(Object.keys(got), Object.keys(want), where);
    for (const key of Object.keys(want)) same(got[key], want[key], `${where}.${key}`, A);
  } else {
    const kind = kindOf(where);
    if (kind && want !== null) nReal++;
    if (!kind || want === null || got === want) {
      assert.strictEqual(got, want, where);
      return;
    }
    nOff++;
    const off = Math.abs(got - want) / { mean: A, variance: A * A, predicted: 1 }[kind] / MOST[kind];
    assert.ok(off <= 1, `${where}: ${got}, not ${want}`);
    worst = Math.max(worst, off);
  }
}

async function check(where, make) {
  nReal = nOff = worst = 0;
  const answers = await make(cases.map(({ call, request }) => [call, request]));
  cases.forEach((c, i) => {
    const name = `${where} ${i} ${c.call} ${c.name}`, a = answers[i];
    if (c.error) {
      assert.ok(a.error && a.type === "Error", `${name}: ${JSON.stringify(a).slice(0, 300)} is no Error`);
      assert.match(a.error, new RegExp(c.error), name);
      assert.doesNotMatch(a.error, /\n|core stopped/, name);
    } else {
      assert.equal(a.error, undefined, name);
      if (c.exact) assert.deepEqual(a.value, c.exact, name);
      else if (c.near) c.near.forEach((v, k) => assert.ok(Math.abs(a.value[k] - v) <= c.bound, name));
      else same(a.value, c.value, name, c.size);
    }
  });
  const slowest = Math.max(0, ...answers.map((a, i) => (cases[i].call === "measure" && a.ms) || 0));
  console.log(`${where}: ${cases.length} cases alike, ${nOff} of ${nReal} moments and predictions differ, by ` +
    `${worst.toFixed(3)} of what is allowed at most; ` +
    `slowest measurement ${slowest.toFixed(0)} ms`);
}

const make = vm.runInThisContext(asset + ";ropewalkCore", { filename: "core.js" });
await check("node", (list) => ask(make, list));

if (browser) {
  const { chromium } = createRequire(path.join(modules, "x.js"))("playwright-core");
  const instance = await chromium.launch({ executablePath: browser, args: ["--no-sandbox", "--disable-gpu",
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync"] });
  const script = asset + `\nconst ask = ${ask.toString()};`;
  const hash = crypto.createHash("sha256").update(script).digest("base64");
  const page = async (policy) => {
    const file = path.join(folder, "page.html"), made = await instance.newPage(), faults = [];
    fs.writeFileSync(file, `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="` +
      `default-src 'none'; script-src 'sha256-${hash}' ${policy}"><title>core</title><script>${script}</script>`);
    made.on("console", (m) => faults.push(m.text()));
    made.on("pageerror", (e) => faults.push(e.message));
    made.on("request", (r) => { if (!/^(file:.*page\.html|blob:)/.test(r.url())) faults.push(r.url()); });
    await made.goto("file://" + file);
    return [made, faults];
  };
  const [open, faults] = await page("'wasm-unsafe-eval'; worker-src blob:");
  console.log("compiled and started in %s ms", (await open.evaluate(async () => {
    const start = performance.now();
    await ropewalkCore();
    return performance.now() - start;
  })).toFixed(0));
  await check("page", (list) => open.evaluate((all) => ask(() => ropewalkCore(), all), list));
  await check("worker", (list) => open.evaluate((all) => ask(() => ropewalkCore.worker(), all), list));
  assert.deepEqual(faults, []);
  const [shut] = await page("");
  const refused = await shut.evaluate(() => ropewalkCore().then(() => "", (e) => e.message));
  assert.match(refused, /^this page may not run WebAssembly: /);
  await instance.close();
}
